#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/redis_server.hpp"

namespace tributary::test {

/// The binary under test: $TRIBUTARY_BINARY, or the one of this build.
std::string tributary_binary();

/// Changes for ChildProcess that hide the settings of whoever runs the tests from the binary.
std::vector<std::string> clean_environment(const std::vector<std::string>& additions = {});

struct RunResult {
  int status = -1;  ///< exit code, 128 + signal, or -1 if it had to be killed at the bound
  std::string out;
  std::string err;
};

/// Runs `tributary <arguments>` to its end.
RunResult run_tributary(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment = {},
                        std::chrono::milliseconds bound = std::chrono::seconds(60));

/// Runs `tributary <command> --redis-url <server> <flags>` to its end: publish, verify, status.
RunResult run_tributary(const std::string& command, const RedisServer& server,
                        const std::vector<std::string>& flags = {},
                        std::chrono::milliseconds bound = std::chrono::seconds(60));

/// `tributary consume`, or `agent`, as a process of its own: kill it, stop it, continue it, read what it
/// says. `binary` is run; another than tributary_binary() is a copy of it, as after an upgrade.
class TributaryNode : public ChildProcess {
 public:
  explicit TributaryNode(const RedisServer& server, const std::vector<std::string>& flags = {},
                         const std::vector<std::string>& environment = {},
                         const std::string& command = "consume",
                         const std::string& binary = tributary_binary());

  /// SIGTERM, then the exit status; nothing if it has not ended after `bound`.
  std::optional<int> terminate(std::chrono::milliseconds bound = std::chrono::seconds(15));
};

}  // namespace tributary::test
