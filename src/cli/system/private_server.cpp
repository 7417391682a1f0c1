#include "cli/system/private_server.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include "cli/system/certificates.hpp"
#include "cli/system/interrupt.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kStartLimit{15};
constexpr std::uint16_t kForbiddenPort = 6379;  // somebody's real server may be there

void add(std::vector<std::string>& words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
}

/// A port that was free a moment ago; 0 if there is none.
std::uint16_t free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(listener, generic, length) == 0 && ::getsockname(listener, generic, &length) == 0;
  ::close(listener);
  return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

/// Says on which free port it listens.
void prepare_tcp(redis::Endpoint& endpoint, const char* option, std::vector<std::string>& command) {
  endpoint.host = "127.0.0.1";
  do endpoint.port = free_port();
  while (endpoint.port == kForbiddenPort);
  add(command, {"--bind", endpoint.host, option, std::to_string(endpoint.port)});
}

/// Makes certificates of a server and of its clients in the directory, and says how both use them.
Status prepare_tls(const std::string& directory, redis::Endpoint& endpoint,
                   std::vector<std::string>& command) {
  auto authority = Authority::create(directory);
  if (!authority) return authority.error();
  prepare_tcp(endpoint, "--tls-port", command);
  if (auto issued = authority->issue("server", {.name = endpoint.host}); !issued) return issued;
  if (auto issued = authority->issue("client", {.name = "client"}); !issued) return issued;
  endpoint.tls.on = true;
  endpoint.tls.ca_file = authority->ca_file();
  endpoint.tls.cert_file = authority->cert_file("client");
  endpoint.tls.key_file = authority->key_file("client");
  add(command, {"--port", "0", "--tls-cert-file", authority->cert_file("server"), "--tls-key-file",
                authority->key_file("server"), "--tls-ca-cert-file", authority->ca_file()});
  return Done{};
}

}  // namespace

Result<PrivateServer> PrivateServer::start(Persistence persistence, Access access) {
  const int attempts =
      access == Access::unix_socket ? 1 : 5;  // the free port may be taken before the server has it
  for (int attempt = 1;; ++attempt) {
    auto server = start_once(persistence, access);
    if (server || attempt == attempts || interrupted()) return server;
  }
}

Result<PrivateServer> PrivateServer::start_once(Persistence persistence, Access access) {
  auto directory = TemporaryDirectory::create();
  if (!directory) return directory.error();
  redis::Endpoint endpoint;
  ChildOptions options;
  options.command = {"redis-server",
                     "--dir",
                     directory->file(""),
                     "--daemonize",
                     "no",
                     "--save",
                     "",
                     "--appendfsync",
                     "everysec",
                     "--appendonly",
                     persistence == Persistence::none ? "no" : "yes"};
  if (access == Access::unix_socket) {
    endpoint.unix_socket = directory->file("redis.sock");
    add(options.command, {"--port", "0", "--unixsocket", endpoint.unix_socket});
  } else if (access != Access::tls) {
    prepare_tcp(endpoint, "--port", options.command);
    if (access == Access::cluster)
      add(options.command, {"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port())});
  } else {
    if (auto made = prepare_tls(directory->path(), endpoint, options.command); !made) return made.error();
  }
  options.output_file = options.error_file = directory->file("redis.log");
  auto process = ChildProcess::start(options);
  if (!process) {
    return Error{process.error().kind,
                 process.error().message + "; install it (on Debian: apt install redis-server)"};
  }
  PrivateServer server(std::move(*directory), std::move(*process), std::move(endpoint));
  if (auto up = server.wait_until_it_answers(); !up) return up.error();
  if (access == Access::cluster) {
    if (auto made = server.make_a_cluster(); !made) return made.error();
  }
  return server;
}

std::string PrivateServer::url() const {
  if (!endpoint_.unix_socket.empty()) return "unix://" + endpoint_.unix_socket;
  return (endpoint_.tls.on ? "rediss://" : "redis://") + endpoint_.display();
}

std::vector<std::string> PrivateServer::flags() const {
  std::vector<std::string> flags{"--redis-url", url()};
  if (endpoint_.tls.on) {
    add(flags, {"--redis-ca-file", endpoint_.tls.ca_file, "--redis-cert-file", endpoint_.tls.cert_file,
                "--redis-key-file", endpoint_.tls.key_file});
  }
  return flags;
}

Status PrivateServer::make_a_cluster() {
  auto client = redis::SyncClient::connect(endpoint_);
  if (!client) return client.error();
  if (auto slots = client->ask({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}); !slots) return slots.error();
  for (const auto end = std::chrono::steady_clock::now() + kStartLimit;
       std::chrono::steady_clock::now() < end && !interrupted(); pause_for(std::chrono::milliseconds(20))) {
    auto info = client->ask({"CLUSTER", "INFO"});
    if (!info) return info.error();
    if (info->text.find("cluster_state:ok") != std::string::npos) return Done{};
  }
  return Error{ErrorKind::unavailable, "redis-server does not become a cluster"};
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
