#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "embed/node_options.hpp"
#include "embed/view_news.hpp"
#include "observe/group_status.hpp"
#include "redis/event_loop.hpp"
#include "relay/relay.hpp"

namespace tributary::embed {

/// What a node tells whoever runs it, on the loop's thread. Must not block.
struct NodeObserver {
  virtual ~NodeObserver() = default;
  virtual void on_report(const group::Report& report) = 0;
  /// Every 50 ms: time to see whether it has joined, or whether it is to leave.
  virtual void on_stage() {}
  /// The answer to Relay::ask_status(). There may be no group yet.
  virtual void on_status(const observe::GroupStatus& status) { (void)status; }
  /// The node has left, by itself or because it was told to, and nothing of the group is left open by it; else error() is
  /// what ended it. The last it tells.
  virtual void on_ended() = 0;
};

/// The life of one node, from start() to having left its group: tells the group about itself and the observer about
/// the group. Belongs to the loop's thread; any number may be on one loop.
class NodeRun final : relay::RelayObserver {
 public:
  /// `loop` and `options` must outlive it, and it the loop's last round.
  NodeRun(redis::EventLoop& loop, const NodeOptions& options, relay::RelaySettings settings,
          NodeObserver& observer);

  /// Once. It goes on until on_ended(), which it may tell at once.
  void start();
  bool ended() const { return ended_; }
  const std::optional<Error>& error() const { return error_; }
  /// To be called last, once it has ended, by any thread: waits for its consumers, for up to 2 s. False if threads hang in
  /// the processor; they are left behind, and may go on to use whatever the processor uses.
  bool end() { return relay_.end(); }

  /// Leaves in good order: finishes what it can, hands over the rest. After 30 s, at once, which is an error then.
  void leave();
  /// Leaves at once: what is not committed is left to who remains, or declared if nobody does.
  void leave_now();

  /// Why it is not at work in its group, in one line. Empty: it is subscribed and in the view, if perhaps paused.
  std::string not_ready() const;

  /// Asks for on_status().
  void ask_status() { relay_.ask_status(); }
  const group::Node& node() const { return relay_.node(); }
  /// What metrics are made of; and who asks the server something, asks by it.
  const relay::Relay& relay() const { return relay_; }
  relay::Relay& relay() { return relay_; }
  /// Messages/s that this node committed lately; nothing: not known yet.
  std::optional<double> rate() const { return rate_; }

 private:
  void on_server_accepted() override;
  void on_report(const group::Report& report) override;
  void on_finished(const std::optional<Error>& error) override;
  void on_status(const std::vector<std::string>& fields) override;

  void info(Event event, std::string text, std::vector<group::Figure> figures) {
    observer_.on_report({group::Report::Level::info, event, std::move(text), std::move(figures)});
  }
  void leave_at_once(const Error& late);
  void tell_presence();
  void tell_views();
  void tell_share();
  void summarise();

  const NodeOptions& options_;
  NodeObserver& observer_;
  redis::EventLoop& loop_;
  relay::Relay relay_;
  observe::RateMeter rate_meter_;
  observe::RateMeter journal_meter_;  // bytes
  std::optional<double> rate_;
  ViewNews views_;
  std::uint64_t claims_told_ = 0;
  std::uint32_t consumers_told_ = 0;
  std::optional<Error> error_;
  bool leaving_ = false;
  bool ended_ = false;
};

}  // namespace tributary::embed
