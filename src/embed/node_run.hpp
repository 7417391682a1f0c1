#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "embed/node_options.hpp"
#include "embed/view_news.hpp"
#include "observe/group_status.hpp"
#include "redis/event_loop.hpp"
#include "relay/relay.hpp"

namespace tributary::embed {

/// What a node tells whoever runs it, on the thread of NodeRun::run(). Must not block.
struct NodeObserver {
  virtual ~NodeObserver() = default;
  virtual void on_log(group::Report::Level level, const std::string& line) = 0;
  /// Every 50 ms: time to see whether it has joined, or whether it is to leave.
  virtual void on_stage() {}
  /// The answer to Relay::ask_status(). There may be no group yet.
  virtual void on_status(const observe::GroupStatus& status) { (void)status; }
};

/// The life of one node, from start() to having left its group: tells the group about itself and the observer about
/// the group. Belongs to one thread; any number may be in one process.
class NodeRun final : relay::RelayObserver {
 public:
  /// `options` must outlive it.
  NodeRun(const NodeOptions& options, relay::RelaySettings settings, NodeObserver& observer);

  /// Until the node has left, by itself or because it was told to: then nothing of the group is left open by it. Else
  /// the error that ended it. Once.
  std::optional<Error> run();
  /// To be called last: tells what the node has done and waits for its consumers, for up to 2 s. False if threads hang in
  /// the processor; they are left behind, and may go on to use whatever the processor uses.
  bool end();

  /// Leaves in good order: finishes what it can, hands over the rest. After 30 s, at once, which is an error then.
  void leave();
  /// Leaves at once: what is not committed is left to who remains, or declared if nobody does.
  void leave_now();

  redis::EventLoop& loop() { return loop_; }
  relay::Relay& relay() { return relay_; }
  const group::Node& node() const { return relay_.node(); }
  /// Messages/s that this node committed lately; nothing: not known yet.
  std::optional<double> rate() const { return rate_; }

 private:
  void on_server_accepted() override;
  void on_report(const group::Report& report) override;
  void on_finished(const std::optional<Error>& error) override;
  void on_status(const std::vector<std::string>& fields) override;

  void info(const std::string& line) { observer_.on_log(group::Report::Level::info, line); }
  void leave_at_once(const Error& late);
  void tell_presence();
  void tell_views();
  void tell_share();
  void summarise();

  const NodeOptions& options_;
  NodeObserver& observer_;
  redis::EventLoop loop_;
  relay::Relay relay_;
  observe::RateMeter rate_meter_;
  observe::RateMeter journal_meter_;  // bytes
  std::optional<double> rate_;
  ViewNews views_;
  std::uint64_t claims_told_ = 0;
  std::uint32_t consumers_told_ = 0;
  std::optional<Error> error_;
  bool leaving_ = false;
};

}  // namespace tributary::embed
