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

}  // namespace

std::string tributary_binary() {
  const char* const chosen = std::getenv("TRIBUTARY_BINARY");
  return chosen && *chosen ? chosen : TRIBUTARY_BINARY;
}

std::vector<std::string> clean_environment(const std::vector<std::string>& additions) {
  std::vector<std::string> names{"TRIBUTARY_CONFIG"};
  for (const auto& option : cli::all_options()) {
    if (!option.environment.empty()) names.push_back(option.environment);
  }
  std::vector<std::string> changes;
  for (const auto& name : names) {
    const auto is_ours = [&](const std::string& addition) {
      return addition.substr(0, addition.find('=')) == name;
    };
    bool added = false;
    for (const auto& addition : additions) added |= is_ours(addition);
    if (!added) changes.push_back(name);
  }
  changes.insert(changes.end(), additions.begin(), additions.end());
  return changes;
}

RunResult run_tributary(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment, std::chrono::milliseconds bound) {
  ChildProcess process(with_binary(arguments), clean_environment(environment));
  const auto status = process.wait(bound);
  return {status.value_or(-1), process.out(), process.err()};
}

RunResult run_tributary(const std::string& command, const RedisServer& server,
                        const std::vector<std::string>& flags, std::chrono::milliseconds bound) {
  return run_tributary(command_line(command, server, flags), {}, bound);
}

TributaryNode::TributaryNode(const RedisServer& server, const std::vector<std::string>& flags,
                             const std::vector<std::string>& environment, const std::string& command,
                             const std::string& binary)
    : ChildProcess(with_binary(command_line(command, server, flags), binary),
                   clean_environment(environment)) {}

std::optional<int> TributaryNode::terminate(std::chrono::milliseconds bound) {
  signal(SIGTERM);
  return wait(bound);
}

}  // namespace tributary::test
