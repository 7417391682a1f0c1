#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "process/processors/error_lines.hpp"

namespace tributary::process {

/// A running program, with pipes to its standard input and output (non-blocking at our end) and its standard
/// error going to the log. It and all it started in its process group are gone with this object, and when the
/// thread that started it ends (see spawn()). One that ends by itself leaves no zombie. Belongs to one thread.
class Program {
 public:
  /// An error (ErrorKind::unavailable) if it cannot be started. `errors` must live longer.
  static Result<std::unique_ptr<Program>> start(const std::vector<std::string>& command, ErrorLines& errors,
                                                std::shared_ptr<LogRate> log);
  /// Kills it.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  int input() const { return input_; }    ///< to write to
  int output() const { return output_; }  ///< to read from
  int end() const { return end_; }        ///< readable once it has ended; -1 if the kernel cannot tell

  /// Waits for its end; nothing if that does not come in time.
  std::optional<int> wait(std::chrono::milliseconds bound);
  /// Ends it: its input ends, after `patience` SIGTERM to its group, after `grace` more SIGKILL. How it ended,
  /// an exit code or 128 + signal.
  int stop(std::chrono::milliseconds patience, std::chrono::milliseconds grace);
  /// The last line on its standard error. After stop().
  const std::string& last_said() const { return last_said_; }

 private:
  class Ending;
  Program(pid_t pid, int input, int output);

  const pid_t pid_;
  const std::shared_ptr<Ending> ending_;
  int input_;
  int output_;
  int end_ = -1;
  ErrorLines* errors_ = nullptr;
  std::shared_ptr<ErrorLines::Source> said_;
  std::string last_said_;
};

}  // namespace tributary::process
