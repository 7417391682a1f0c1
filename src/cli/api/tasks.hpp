#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/terminal/caller.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"
#include "redis/event_loop.hpp"

namespace tributary::cli {

/// What became of a command, and what it said.
struct Outcome {
  Result<ExitCode> result;
  std::vector<std::string> said;  ///< lines; the first so many
};

/// Runs commands for those who ask a node, which block, in a thread of their own: one at a time. Belongs to the loop's thread.
class Tasks {
 public:
  using Work = std::function<Result<ExitCode>(const Caller&)>;

  explicit Tasks(redis::EventLoop& loop);
  /// What still runs is left behind, and touches nothing of this any more.
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  /// False if one is running. `done` is called on the loop's thread, unless the loop ends before.
  bool start(std::string who, Work work, std::function<void(const Outcome&)> done);
  /// When the loop has ended: asks what runs to stop, and waits for it for up to 2 s. False if it hangs; then it may go on to use
  /// what it was given.
  bool end();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace tributary::cli
