#include "process/processors/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/safe_text.hpp"
#include "process/processors/spawn.hpp"

namespace tributary::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{5};

void close_once(int& descriptor) {
  if (descriptor >= 0) close(std::exchange(descriptor, -1));
}

/// Three pipes; what is left of them is closed in the end.
struct Pipes {
  std::array<std::array<int, 2>, 3> ends{{{-1, -1}, {-1, -1}, {-1, -1}}};  // [0] to read, [1] to write
  ~Pipes() {
    for (auto& pipe : ends) {
      for (int& end : pipe) close_once(end);
    }
  }
  bool open() {
    for (auto& pipe : ends) {
      if (pipe2(pipe.data(), O_CLOEXEC) != 0) return false;
    }
    return true;
  }
};

int take_non_blocking(int& descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return std::exchange(descriptor, -1);
}

}  // namespace

/// How it ended, once it has; whoever sees it first takes it from the kernel. Any thread.
class Program::Ending {
 public:
  explicit Ending(pid_t pid) : pid_(pid) {}

  std::optional<int> look() {
    const std::lock_guard lock(mutex_);
    siginfo_t ended{};
    if (!code_ && waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == pid_) {
      ::kill(-pid_, SIGKILL);  // what it left behind; its number is still its own
      int status = 0;
      code_ = waitpid(pid_, &status, 0) == pid_ ? exit_code(status) : -1;
    }
    return code_;
  }
  /// To its group, unless it has ended.
  void signal(int number) {
    const std::lock_guard lock(mutex_);
    if (!code_) ::kill(-pid_, number);
  }

 private:
  const pid_t pid_;
  std::mutex mutex_;
  std::optional<int> code_;
};

Program::Program(pid_t pid, int input, int output)
    : pid_(pid), ending_(std::make_shared<Ending>(pid)), input_(input), output_(output) {}

Result<std::unique_ptr<Program>> Program::start(const std::vector<std::string>& command, ErrorLines& errors,
                                                std::shared_ptr<LogRate> log) {
  Pipes pipes;
  if (!pipes.open()) {
    return Error{ErrorKind::unavailable, "cannot start " + command[0] + ": " + std::strerror(errno)};
  }
  auto& [in, out, err] = pipes.ends;
  const auto pid = spawn({command, {}, in[0], out[1], err[1]});
  if (!pid) return pid.error();
  std::unique_ptr<Program> program(
      new Program(pid.value(), take_non_blocking(in[1]), take_non_blocking(out[0])));
  program->end_ = static_cast<int>(syscall(SYS_pidfd_open, pid.value(), 0));
  program->errors_ = &errors;
  const auto slash = command[0].rfind('/');
  const auto name = slash == std::string::npos ? command[0] : command[0].substr(slash + 1);
  program->said_ =
      errors.add(std::exchange(err[0], -1), visible_text(name) + "[" + std::to_string(pid.value()) + "]",
                 std::move(log), program->end_, [ending = program->ending_] { ending->look(); });
  return program;
}

Program::~Program() {
  stop(milliseconds(0), milliseconds(0));
  close_once(output_);
  close_once(end_);
}

std::optional<int> Program::wait(milliseconds bound) {
  const auto until = steady_clock::now() + bound;
  for (;;) {
    if (const auto code = ending_->look()) return code;
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left <= milliseconds(0)) return std::nullopt;
    if (end_ >= 0) {
      pollfd waiting{end_, POLLIN, 0};
      poll(&waiting, 1, static_cast<int>(left.count()));
    } else {
      std::this_thread::sleep_for(std::min(left, kLookAgain));
    }
  }
}

int Program::stop(milliseconds patience, milliseconds grace) {
  close_once(input_);
  if (!wait(patience)) ending_->signal(SIGTERM);
  if (!wait(grace)) ending_->signal(SIGKILL);
  const auto code = wait(std::chrono::seconds(10));
  if (said_) last_said_ = errors_->finish(said_);
  said_ = nullptr;
  return code.value_or(-1);
}

}  // namespace tributary::process
