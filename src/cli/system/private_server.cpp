#include "cli/system/private_server.hpp"

#include <chrono>
#include <utility>

#include "cli/system/interrupt.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kStartLimit{15};

}  // namespace

Result<PrivateServer> PrivateServer::start(Persistence persistence) {
  auto directory = TemporaryDirectory::create();
  if (!directory) return directory.error();
  redis::Endpoint endpoint;
  endpoint.unix_socket = directory->file("redis.sock");
  ChildOptions options;
  options.command = {"redis-server",
                     "--port",
                     "0",
                     "--unixsocket",
                     endpoint.unix_socket,
                     "--dir",
                     directory->file(""),
                     "--daemonize",
                     "no",
                     "--save",
                     "",
                     "--appendonly",
                     persistence == Persistence::none ? "no" : "yes",
                     "--appendfsync",
                     "everysec"};
  options.output_file = options.error_file = directory->file("redis.log");
  auto process = ChildProcess::start(options);
  if (!process) {
    return Error{process.error().kind,
                 process.error().message + "; install it (on Debian: apt install redis-server)"};
  }
  PrivateServer server(std::move(*directory), std::move(*process), std::move(endpoint));
  if (auto up = server.wait_until_it_answers(); !up) return up.error();
  return server;
}

Status PrivateServer::wait_until_it_answers() {
  const auto end = std::chrono::steady_clock::now() + kStartLimit;
  while (process_.running() && std::chrono::steady_clock::now() < end && !interrupted()) {
    if (redis::SyncClient::connect(endpoint_, {std::chrono::seconds(1), std::chrono::seconds(5)}))
      return Done{};
    pause_for(std::chrono::milliseconds(20));
  }
  if (interrupted()) return interruption("redis-server was only starting");
  return Error{ErrorKind::unavailable,
               "redis-server did not start; its last output:\n" + last_lines(file("redis.log"), 10, "  ")};
}

}  // namespace tributary::cli
