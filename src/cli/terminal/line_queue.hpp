#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tributary::cli {

/// Lines for a descriptor that somebody else reads, or does not: a pipe, a terminal, a file on a full disk. What can be written
/// without waiting is with the reader when add() returns, so that it is not lost with a process that dies; the rest a thread
/// of its own writes, so whoever adds a line never waits. What does not fit any more (256 KiB), or cannot be written, is
/// dropped and counted, and the count is told with the next line that there is room for. Any thread may add lines; the
/// rest belongs to one.
class LineQueue {
 public:
  /// `note` makes the line that tells how many were dropped.
  using Note = std::function<std::string(std::uint64_t dropped)>;

  LineQueue(int descriptor, Note note);
  /// Drains, but waits no longer than kPatience; what is left then is lost.
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  /// One line or several, with their end.
  void add(std::string line);
  /// Whether all of it is with the reader now; waits at most so long.
  bool drain(std::chrono::milliseconds bound = kPatience);

  /// More than for how long a busy host may not let the thread run: the last line may be why all ended.
  static constexpr std::chrono::milliseconds kPatience{1000};

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // the thread may outlive this object, in the middle of a write
};

}  // namespace tributary::cli
