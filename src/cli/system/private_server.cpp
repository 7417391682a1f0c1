#include "cli/system/private_server.hpp"

#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "cli/system/interrupt.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kStartLimit{15};
constexpr std::size_t kLongestFileName = 32;  // of those in the directory: a socket's path has a limit

}  // namespace

Result<TemporaryDirectory> TemporaryDirectory::create() {
  const char* chosen = std::getenv("TMPDIR");
  std::string parent = chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
  const std::string name = "/tributary-XXXXXX";
  if (parent.size() + name.size() + kLongestFileName > sizeof(sockaddr_un::sun_path)) parent = "/tmp";
  std::string path = parent + name;
  if (mkdtemp(path.data()) == nullptr) {
    return Error{ExitCode::cannot_create, "cannot make a temporary directory in " + parent + ": " +
                                              std::strerror(errno) +
                                              "; set TMPDIR to a directory that can be written"};
  }
  return TemporaryDirectory(path);
}

TemporaryDirectory::TemporaryDirectory(TemporaryDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

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
    return Error{process.error().code,
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
  if (interrupted()) return Error{ExitCode::failed, "interrupted while redis-server was starting"};
  return Error{ExitCode::unavailable, "redis-server does not come up; the last it said:\n" +
                                          last_lines(file("redis.log"), 10, "  ")};
}

}  // namespace tributary::cli
