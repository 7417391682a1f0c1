#include "support/child_process.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>
#include <stdexcept>

#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

constexpr std::size_t kLinesShown = 30;

cli::ChildProcess start(const cli::ChildOptions& options) {
  auto child = cli::ChildProcess::start(options);
  if (!child) throw std::runtime_error(child.error().message);
  return std::move(*child);
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> command, std::vector<std::string> environment)
    : command_(std::move(command)),
      child_(start({command_, std::move(environment), files_.file("out"), files_.file("err")})) {}

ChildProcess::~ChildProcess() {
  kill9();
  if (testing::Test::HasFailure()) show_last_lines();
}

void ChildProcess::stop_signal() {
  if (!running()) return;
  signal(SIGSTOP);
  siginfo_t info{};
  // WNOWAIT leaves the news for poll(), should the process have died instead.
  waitid(P_PID, static_cast<id_t>(pid()), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void ChildProcess::continue_signal() { signal(SIGCONT); }

std::optional<int> ChildProcess::wait(std::chrono::milliseconds bound) {
  return child_.wait(bound * kSlowness);
}

bool ChildProcess::wait_for_output(const std::string& text, std::chrono::milliseconds bound) {
  const auto written = [&] {
    return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
  };
  return wait_until([&] { return written() || !running(); }, bound) && written();
}

void ChildProcess::show_last_lines() {
  std::string line;
  for (const auto& part : command_) line += (line.empty() ? "" : " ") + part;
  std::printf("--- %s (pid %d, exit %d)\n%s%s---\n", line.c_str(), static_cast<int>(pid()),
              child_.poll().value_or(-1), cli::last_lines(files_.file("out"), kLinesShown, "").c_str(),
              cli::last_lines(files_.file("err"), kLinesShown, "").c_str());
}

}  // namespace tributary::test
