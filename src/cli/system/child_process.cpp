#include "cli/system/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>
#include <utility>

extern char** environ;

namespace tributary::cli {
namespace {

using std::chrono::steady_clock;

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

bool redirect(int descriptor, const char* path, int flags) {
  const int file = open(path, flags | O_CLOEXEC, 0600);
  return file >= 0 && dup2(file, descriptor) >= 0;
}

/// What the child does between fork and exec: only calls that are safe there. Tells `report` why it failed.
[[noreturn]] void become(char* const* arguments, char** variables, const char* out, const char* err,
                         pid_t parent, int report) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // the parent died before the kernel knew of our wish
  setpgid(0, 0);
  std::signal(SIGPIPE, SIG_DFL);
  if (redirect(STDIN_FILENO, "/dev/null", O_RDONLY) &&
      redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_APPEND) &&
      redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT | O_APPEND)) {
    execvpe(arguments[0], arguments, variables);
  }
  const int error = errno;
  [[maybe_unused]] const auto written = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options) {
  auto command = options.command;
  auto variables = changed_environment(options.environment);
  const auto argument_pointers = pointers(command);
  auto variable_pointers = pointers(variables);
  const auto failed = [&](int error) {
    return Error{ErrorKind::unavailable, "cannot start " + options.command[0] + ": " + std::strerror(error)};
  };
  int report[2];  // closed by a successful exec; else it holds the reason
  if (pipe2(report, O_CLOEXEC) != 0) return failed(errno);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    become(argument_pointers.data(), variable_pointers.data(), options.output_file.c_str(),
           options.error_file.c_str(), parent, report[1]);
  }
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  ssize_t got = 0;
  if (pid > 0) {
    while ((got = read(report[0], &error, sizeof error)) < 0 && errno == EINTR) {
    }
  }
  close(report[0]);
  if (pid < 0) return failed(fork_error);
  ChildProcess child(pid);
  if (got == static_cast<ssize_t>(sizeof error)) return failed(error);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(other.ended_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(ended_, other.ended_);
  return *this;
}

ChildProcess::~ChildProcess() { kill(); }

std::optional<int> ChildProcess::poll() {
  int status = 0;
  if (!ended_ && pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return ended_;
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds bound) {
  const auto end = steady_clock::now() + bound;
  while (!poll() && steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return ended_;
}

void ChildProcess::signal(int number) {
  if (pid_ > 0 && running()) ::kill(pid_, number);
}

int ChildProcess::stop(std::chrono::milliseconds grace) {
  signal(SIGTERM);
  if (!wait(grace)) kill();
  return ended_.value_or(-1);
}

void ChildProcess::kill() {
  if (pid_ <= 0 || ended_) return;
  signal(SIGKILL);
  wait(std::chrono::seconds(10));
}

std::string how_it_ended(int code) {
  return code > 128 ? "was killed by signal " + std::to_string(code - 128)
                    : "ended with exit code " + std::to_string(code);
}

std::string last_lines(const std::string& file, std::size_t lines, const std::string& indent) {
  std::ifstream in(file);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(std::move(line));
    if (last.size() > lines) last.pop_front();
  }
  std::string text;
  for (const auto& line : last) text += indent + line + "\n";
  return text;
}

}  // namespace tributary::cli
