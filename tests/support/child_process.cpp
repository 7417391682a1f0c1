#include "support/child_process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "support/wait_until.hpp"

extern char** environ;

namespace tributary::test {
namespace {

std::vector<std::string> changed_environment(const std::vector<std::string>& changes) {
  const auto name = [](const std::string& entry) { return entry.substr(0, entry.find('=')); };
  std::vector<std::string> result;
  for (char** entry = environ; *entry; ++entry) {
    bool replaced = false;
    for (const auto& change : changes) replaced |= name(change) == name(*entry);
    if (!replaced) result.emplace_back(*entry);
  }
  for (const auto& change : changes) {
    if (change.find('=') != std::string::npos) result.push_back(change);
  }
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void redirect(int descriptor, const char* path, int flags) {
  const int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
  close(file);
}

std::string last_lines(const std::string& text, int lines) {
  auto start = text.size();
  while (start > 0 && lines >= 0) {
    if (text[--start] == '\n') --lines;
  }
  return text.substr(start == 0 ? 0 : start + 1);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> command, const std::vector<std::string>& environment)
    : command_(std::move(command)) {
  auto variables = changed_environment(environment);
  auto argv = pointers(command_);
  auto envp = pointers(variables);
  const std::string out = files_.file("out");
  const std::string err = files_.file("err");
  const pid_t parent = getpid();

  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;

  // The child: only calls that are safe after a fork of a process with threads.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // the parent died before the kernel knew of our wish
  ::signal(SIGPIPE, SIG_DFL);           // we may ignore it, see TestClient; that would be inherited
  redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
  redirect(STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  redirect(STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  execvpe(argv[0], argv.data(), envp.data());
  static constexpr char kMessage[] = "cannot start the program\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kMessage, sizeof kMessage - 1);
  _exit(127);
}

ChildProcess::~ChildProcess() {
  kill9();
  if (testing::Test::HasFailure()) show_last_lines();
}

void ChildProcess::signal(int number) {
  if (running()) kill(pid_, number);
}

void ChildProcess::kill9() {
  if (status_) return;
  kill(pid_, SIGKILL);
  wait(std::chrono::seconds(60));
}

void ChildProcess::stop_signal() {
  if (!running()) return;
  kill(pid_, SIGSTOP);
  siginfo_t info{};
  // WNOWAIT leaves the news for poll(), should the process have died instead.
  waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void ChildProcess::continue_signal() { signal(SIGCONT); }

std::optional<int> ChildProcess::wait(std::chrono::milliseconds bound) {
  wait_until([this] { return poll().has_value(); }, bound);
  return status_;
}

bool ChildProcess::wait_for_output(const std::string& text, std::chrono::milliseconds bound) {
  const auto written = [&] {
    return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
  };
  wait_until([&] { return written() || !running(); }, bound);
  return written();
}

std::optional<int> ChildProcess::poll() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return status_;
}

void ChildProcess::show_last_lines() {
  std::string line;
  for (const auto& part : command_) line += (line.empty() ? "" : " ") + part;
  std::printf("--- %s (pid %d, exit %d)\n%s%s---\n", line.c_str(), static_cast<int>(pid_),
              status_.value_or(-1), last_lines(out(), 30).c_str(), last_lines(err(), 30).c_str());
}

}  // namespace tributary::test
