#include "support/node.hpp"

#include <signal.h>

#include <cstdlib>
#include <utility>

#include "cli/options/options.hpp"

namespace tributary::test {
namespace {

std::vector<std::string> command_line(const std::string& command, const RedisServer& server,
                                      const std::vector<std::string>& flags) {
  std::vector<std::string> line{command, "--redis-url", server.url()};
  line.insert(line.end(), flags.begin(), flags.end());
  return line;
}

std::vector<std::string> with_binary(std::vector<std::string> arguments,
                                     const std::string& binary = tributary_binary()) {
  arguments.insert(arguments.begin(), binary);
  return arguments;
}

RunResult run(const std::vector<std::string>& command, const std::vector<std::string>& environment,
              std::chrono::milliseconds bound) {
  ChildProcess process(command, clean_environment(environment));
  const auto status = process.wait(bound);
  return {status.value_or(-1), process.out(), process.err()};
}

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

std::string tributary_binary() {
  const char* const chosen = std::getenv("TRIBUTARY_BINARY");
  return chosen && *chosen ? chosen : TRIBUTARY_BINARY;
}

std::vector<std::string> clean_environment(const std::vector<std::string>& additions) {
  auto changes = cli::setting_variables();
  changes.insert(changes.end(), additions.begin(), additions.end());
  return changes;
}

RunResult run_tributary(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment, std::chrono::milliseconds bound) {
  return run(with_binary(arguments), environment, bound);
}

RunResult run_tributary(const std::string& command, const RedisServer& server,
                        const std::vector<std::string>& flags, std::chrono::milliseconds bound) {
  return run(joined(server.client_launcher(), with_binary(command_line(command, server, flags))), {}, bound);
}

TributaryNode::TributaryNode(const RedisServer& server, const std::vector<std::string>& flags,
                             const std::vector<std::string>& environment, const std::string& command,
                             const std::string& binary)
    : ChildProcess(
          joined(server.client_launcher(), with_binary(command_line(command, server, flags), binary)),
          clean_environment(environment)) {}

std::optional<int> TributaryNode::terminate(std::chrono::milliseconds bound) {
  signal(SIGTERM);
  return wait(bound);
}

}  // namespace tributary::test
