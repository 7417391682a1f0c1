#include "cli/system/child_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <fstream>
#include <thread>
#include <utility>

namespace tributary::cli {
namespace {

using std::chrono::steady_clock;

/// A file as a descriptor; closed in the end.
class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options) {
  constexpr int kAppend = O_WRONLY | O_CREAT | O_APPEND;
  const File input("/dev/null", O_RDONLY);
  const File output(options.output_file, kAppend);
  const File error(options.error_file, kAppend);
  auto pid = process::spawn(
      {options.command, options.environment, input.descriptor(), output.descriptor(), error.descriptor()});
  if (!pid) return pid.error();
  return ChildProcess(*pid);
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
    ended_ = process::exit_code(status);
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
