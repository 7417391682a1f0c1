#pragma once

#include <functional>
#include <future>
#include <optional>
#include <string>

#include "cli/options/settings.hpp"
#include "cli/terminal/line_queue.hpp"
#include "cli/terminal/log_line.hpp"
#include "embed/node_run.hpp"
#include "observe/group_status.hpp"

namespace tributary::cli {

/// The node of one group in a process that may have several: logs what it tells and prints its monitor line. Belongs to
/// the loop's thread.
class GroupNode final : embed::NodeObserver {
 public:
  /// `loop`, `settings` and `lines` must outlive it. `source` says whose its lines are. `ended` is called when it has
  /// ended; see NodeObserver::on_ended().
  GroupNode(redis::EventLoop& loop, const Settings& settings, relay::RelaySettings relay, LogSource source,
            LineQueue& lines, std::function<void(GroupNode&)> ended);

  void start() { run_.start(); }
  /// Who is told each reading of the group besides.
  void watch(std::function<void(const observe::GroupStatus&)> take) { watcher_ = std::move(take); }
  embed::NodeRun& run() { return run_; }
  const embed::NodeRun& run() const { return run_; }
  void leave() { run_.leave(); }
  /// Asks for the group's figures unless they were read before, so that the first line has something to measure from.
  void measure();
  /// Asks for the group's figures, for a monitor line.
  void tell_figures();

  const LogSource& source() const { return source_; }
  bool joined() const { return !run_.ended() && run_.node().joined(); }
  bool leaving() const { return !run_.ended() && run_.node().leaving(); }
  bool ended() const { return run_.ended(); }
  const std::optional<Error>& error() const { return run_.error(); }

  /// Once it has ended: begins to end what it has besides the loop's thread, in another one. Does nothing the second time.
  void release();
  /// Whether all of that has ended, after 2 s at most. If not, it may go on to use this object.
  bool released();

 private:
  void on_report(const group::Report& report) override;
  void on_status(const observe::GroupStatus& status) override;
  void on_ended() override { ended_(*this); }

  const LogSource source_;
  LineQueue& lines_;
  std::function<void(GroupNode&)> ended_;
  embed::NodeRun run_;
  std::function<void(const observe::GroupStatus&)> watcher_;
  std::future<bool> release_;
  observe::RateMeter rate_;
  bool measuring_ = false;
  bool line_due_ = false;
};

}  // namespace tributary::cli
