#include "support/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

[[noreturn]] void become(const std::vector<char*>& words, const std::vector<std::string>& environment) {
  for (const auto& change : environment) {
    const auto equals = change.find('=');
    if (equals == std::string::npos) {
      unsetenv(change.c_str());
    } else {
      setenv(change.substr(0, equals).c_str(), change.c_str() + equals + 1, 1);
    }
  }
  execv(words[0], words.data());
  _exit(127);
}

}  // namespace

RunResult run_on_terminal(std::vector<std::string> arguments, const std::string& question,
                          const std::string& answer, const std::vector<std::string>& environment) {
  arguments.insert(arguments.begin(), tributary_binary());
  std::vector<char*> words;
  for (auto& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  const auto changes = clean_environment(environment);
  int terminal = -1;
  const auto pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) become(words, changes);
  RunResult result;
  bool answered = false;
  pollfd wait{.fd = terminal, .events = POLLIN, .revents = 0};
  while (poll(&wait, 1, 30'000 * kSlowness) > 0) {
    char bytes[4096];
    const auto count = read(terminal, bytes, sizeof bytes);
    if (count <= 0) break;  // it has ended
    result.out.append(bytes, static_cast<std::size_t>(count));
    if (!answered && result.out.find(question) != std::string::npos) {
      answered = write(terminal, answer.data(), answer.size()) > 0;
    }
  }
  close(terminal);  // ends it, should it still wait
  int status = 0;
  waitpid(pid, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace tributary::test
