#pragma once

#include <string>
#include <vector>

#include "cli/system/child_process.hpp"
#include "cli/system/temporary_directory.hpp"
#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::cli {

/// What a private server writes to disk.
enum class Persistence { every_second, none };

/// A redis-server of our own, that nobody else can reach: on a Unix socket in a temporary directory, no port.
/// Ends, and its directory is removed, when this object goes.
class PrivateServer {
 public:
  /// Returns when it answers. Errors: not installed, or does not come up.
  static Result<PrivateServer> start(Persistence persistence = Persistence::every_second);

  const redis::Endpoint& endpoint() const { return endpoint_; }
  std::string url() const { return "unix://" + endpoint_.unix_socket; }
  /// A path in the temporary directory, for whatever belongs to the same run.
  std::string file(const std::string& name) const { return directory_.file(name); }
  bool running() { return process_.running(); }

 private:
  PrivateServer(TemporaryDirectory directory, ChildProcess process, redis::Endpoint endpoint)
      : directory_(std::move(directory)), process_(std::move(process)), endpoint_(std::move(endpoint)) {}
  Status wait_until_it_answers();

  TemporaryDirectory directory_;  // outlives the process
  ChildProcess process_;
  redis::Endpoint endpoint_;
};

}  // namespace tributary::cli
