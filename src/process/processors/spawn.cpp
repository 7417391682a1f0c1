#include "process/processors/spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

extern char** environ;

namespace tributary::process {
namespace {

constexpr int kFirstInherited = 3;

std::string_view name_of(std::string_view variable) { return variable.substr(0, variable.find('=')); }

std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::ranges::find(changes, name_of(*entry), name_of) == changes.end()) variables.emplace_back(*entry);
  }
  for (const auto& change : changes) {
    if (change.find('=') != std::string::npos) variables.push_back(change);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// What is ignored stays so (nohup), but for SIGPIPE: that we ignore it is our own affair.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0) continue;
    if (number != SIGPIPE && (action.sa_handler == SIG_IGN || action.sa_handler == SIG_DFL)) continue;
    std::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Out of the way of each other first: ours may have the very numbers that they are to get.
bool place(std::array<int, 3> descriptors) {
  for (int& descriptor : descriptors) {
    descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstInherited);
    if (descriptor < 0) return false;
  }
  for (int i = 0; i < kFirstInherited; ++i) {
    if (dup2(descriptors[static_cast<std::size_t>(i)], i) < 0) return false;
  }
  // All of ours are closed by exec anyway; this is for those of libraries. Old kernels do not have it.
  close_range(kFirstInherited, ~0U, CLOSE_RANGE_CLOEXEC);
  return true;
}

/// What the child does between fork and exec: only calls that are safe there. Tells `report` why it failed.
[[noreturn]] void become(char* const* arguments, char** variables, const Spawn& options, pid_t parent,
                         int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // the parent died before the kernel knew of our wish
  setpgid(0, 0);
  reset_signals();
  if (place({options.input, options.output, options.error})) execvpe(arguments[0], arguments, variables);
  const int error = errno;
  [[maybe_unused]] const auto written = write(report, &error, sizeof error);
  _exit(127);
}

/// No signal reaches a child while it still has our handlers, which would tell *us* of it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<pid_t> spawn(const Spawn& options) {
  auto command = options.command;
  auto variables = changed_environment(options.environment);
  const auto argument_pointers = pointers(command);
  auto variable_pointers = pointers(variables);
  const auto failed = [&](int error) {
    return Error{ErrorKind::unavailable, "cannot start " + options.command[0] + ": " + std::strerror(error)};
  };
  int report[2];  // closed by a successful exec; else it holds the reason
  if (pipe2(report, O_CLOEXEC) != 0) return failed(errno);
  if (report[1] < kFirstInherited) {  // where place() would write over it
    const int moved = fcntl(report[1], F_DUPFD_CLOEXEC, kFirstInherited);
    close(report[1]);
    report[1] = moved;
  }
  const pid_t parent = getpid();
  pid_t pid = -1;
  int fork_error = 0;
  {
    const SignalsBlocked blocked;
    pid = fork();
    fork_error = errno;
    if (pid == 0) become(argument_pointers.data(), variable_pointers.data(), options, parent, report[1]);
  }
  close(report[1]);
  int error = 0;
  ssize_t got = 0;
  if (pid > 0) {
    while ((got = read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
  }
  close(report[0]);
  if (pid < 0) return failed(fork_error);
  if (got != static_cast<ssize_t>(sizeof error)) return pid;
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return failed(error);
}

int exit_code(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

std::string how_it_ended(int code) {
  return code > 128 ? "was killed by signal " + std::to_string(code - 128)
                    : "ended with exit code " + std::to_string(code);
}

}  // namespace tributary::process
