#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "process/processors/spawn.hpp"

namespace tributary::cli {

/// How to start a child process.
struct ChildOptions {
  std::vector<std::string> command;  ///< program (looked up in PATH if it has no slash) and arguments
  std::vector<std::string>
      environment;          ///< changes: "NAME=value" sets, "NAME" alone removes; the rest is ours
  std::string output_file;  ///< its standard output is appended here
  std::string error_file;   ///< and its standard error here
};

/// A child that dies with us: it is killed when this object goes, or when our process dies in whatever
/// way. It has its own process group, so that Ctrl-C reaches only us. Start it from the main thread.
/// Not thread-safe.
class ChildProcess {
 public:
  /// An error (ErrorKind::unavailable) if the program cannot be started.
  static Result<ChildProcess> start(const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// How it ended, once it has: its exit code, or 128 + signal.
  std::optional<int> poll();
  bool running() { return !poll(); }
  /// Waits at most so long; interrupts do not shorten it.
  std::optional<int> wait(std::chrono::milliseconds bound);
  /// Sends a signal, unless it has ended.
  void signal(int number);
  /// Asks it to end (SIGTERM), and kills it if it does not within `grace`. How it ended.
  int stop(std::chrono::milliseconds grace);
  /// Kills it at once and waits until it is gone.
  void kill();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> ended_;
};

using process::how_it_ended;

/// The last lines of a file, each with `indent` in front; empty if it cannot be read.
std::string last_lines(const std::string& file, std::size_t lines, const std::string& indent);

}  // namespace tributary::cli
