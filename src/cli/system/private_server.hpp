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

/// How it is reached: by a Unix socket, or on a free port of 127.0.0.1, plainly, also as a cluster of one node that has all slots,
/// or by TLS with certificates made for this once.
enum class Access { unix_socket, tcp, cluster, tls };

/// A redis-server of our own, that nobody else can reach: its socket is in a temporary directory, and so is the only
/// client certificate that it accepts. Ends, and its directory is removed, when this object goes.
class PrivateServer {
 public:
  /// Returns when it answers. Errors: not installed, or does not come up.
  static Result<PrivateServer> start(Persistence persistence = Persistence::every_second,
                                     Access access = Access::unix_socket);

  const redis::Endpoint& endpoint() const { return endpoint_; }
  std::string url() const;
  /// What makes a tributary command use it, as flags.
  std::vector<std::string> flags() const;
  /// A path in the temporary directory, for whatever belongs to the same run.
  std::string file(const std::string& name) const { return directory_.file(name); }
  const std::string& directory() const { return directory_.path(); }
  bool running() { return process_.running(); }

 private:
  PrivateServer(TemporaryDirectory directory, ChildProcess process, redis::Endpoint endpoint)
      : directory_(std::move(directory)), process_(std::move(process)), endpoint_(std::move(endpoint)) {}
  static Result<PrivateServer> start_once(Persistence persistence, Access access);
  Status wait_until_it_answers();
  Status make_a_cluster();

  TemporaryDirectory directory_;  // outlives the process
  ChildProcess process_;
  redis::Endpoint endpoint_;
};

}  // namespace tributary::cli
