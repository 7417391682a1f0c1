#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/node/group_node.hpp"
#include "cli/options/settings.hpp"
#include "cli/status/status_text.hpp"
#include "core/base/result.hpp"
#include "redis/event_loop.hpp"

namespace tributary::cli {

/// What `status` tells of one group, read by its node's own connection and without waiting. However many ask, Redis is
/// asked once a second at most. Belongs to the loop's thread.
class GroupWatch {
 public:
  using Take = std::function<void(const Result<StatusReport>&)>;

  /// All must outlive it.
  GroupWatch(redis::EventLoop& loop, GroupNode& node, const Settings& settings);

  /// Takes a reading that is no older than a second; at once, if there is one. An error if there is none to be had
  /// within 2 s.
  void read(Take take);

  const GroupNode& node() const { return node_; }
  GroupNode& node() { return node_; }
  const Settings& settings() const { return settings_; }
  const std::string& name() const { return settings_.output_stream; }
  /// Lines of the loss ledger, by reason, as far as they have been read: some with each reading.
  const std::map<std::string, std::uint64_t>& losses() const { return losses_by_reason_; }

 private:
  void on_status(const observe::GroupStatus& status);
  void ask_for_losses();
  void ask_for_changes();
  void count_losses();
  void finish(Result<StatusReport> result);

  GroupNode& node_;
  const Settings& settings_;
  boost::asio::steady_timer patience_;
  std::vector<Take> waiting_;
  bool reading_ = false;
  StatusReport report_;  // being read
  std::optional<Result<StatusReport>> last_;
  TimeMs last_at_ = 0;
  observe::RateMeter rate_;
  std::optional<double> rate_now_;
  observe::GroupStatus before_;
  std::map<std::string, std::uint64_t> losses_by_reason_;
  std::string last_loss_ = "-";  // id of the last that was counted
  bool counting_ = false;
};

}  // namespace tributary::cli
