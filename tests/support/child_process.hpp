#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/system/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace tributary::test {

/// A program that a test started. It never outlives the test: the destructor kills it, and the kernel does if
/// the test dies. (The kernel goes by the *thread* that started it: start children from a thread that stays.)
///
/// What it writes is kept in files; of a failed test the last lines are printed. Standard input is /dev/null.
/// Not copied, not moved; one thread at a time. Throws std::runtime_error if the program cannot be started.
class ChildProcess {
 public:
  /// `command`: the program (looked up in PATH if it has no slash) and its arguments.
  /// `environment`: "NAME=value" sets, "NAME" alone removes; all else is inherited.
  explicit ChildProcess(std::vector<std::string> command, std::vector<std::string> environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return child_.pid(); }
  bool running() { return child_.running(); }

  /// Sends a signal; nothing happens if the process has ended.
  void signal(int number) { child_.signal(number); }
  void kill9() { child_.kill(); }  ///< SIGKILL, and waits for the end
  void stop_signal();              ///< SIGSTOP, and waits until it stands still
  void continue_signal();          ///< SIGCONT

  /// The exit status once the process has ended: its code, or 128 + signal, as a shell tells it. Nothing if
  /// it still runs when the bound (see kSlowness) has passed.
  std::optional<int> wait(std::chrono::milliseconds bound);

  /// What it has written so far.
  std::string out() const { return read_file(files_.file("out")); }
  std::string err() const { return read_file(files_.file("err")); }
  /// True once `text` is in out() or err(); false when the bound has passed or the process has ended without.
  [[nodiscard]] bool wait_for_output(const std::string& text, std::chrono::milliseconds bound);

 private:
  void show_last_lines();

  std::vector<std::string> command_;
  TemporaryDirectory files_;
  cli::ChildProcess child_;
};

}  // namespace tributary::test
