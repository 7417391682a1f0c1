#include "support/redis_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

constexpr int kForbiddenPort = 6379;  // somebody's real server may be there

/// A port that was free a moment ago; 0 if there is none. Another process may take it before we do.
int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(listener, generic, length) == 0 && getsockname(listener, generic, &length) == 0;
  close(listener);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

RedisServer::RedisServer(Options options) : options_(std::move(options)) {
  const bool on_ports = options_.tcp || is_cluster_node();
  const int attempts = on_ports ? 5 : 1;  // the free port may be taken before the server has it
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (options_.tcp) do
        port_ = free_port();
      while (port_ == kForbiddenPort);
    if (is_cluster_node()) bus_port_ = free_port();
    start();
    if (comes_up()) return;
  }
  throw std::runtime_error("redis-server does not come up:\n" + log() + process_->err());
}

bool RedisServer::is_cluster_node() const {
  return std::ranges::find(options_.config, "cluster-enabled yes") != options_.config.end();
}

void RedisServer::restart() {
  process_->kill9();
  start();
  if (!comes_up()) throw std::runtime_error("redis-server does not come up again:\n" + log());
}

void RedisServer::start() {
  const std::string protection = options_.place.host.starts_with("127.") ? "yes" : "no";
  std::string config = "daemonize no\nprotected-mode " + protection + "\nbind " + options_.place.host + "\n";
  if (!options_.sentinel) config += "save \"\"\nappendonly no\n";
  config += "dir " + directory_.path() + "\nlogfile redis.log\n";
  config += "unixsocket " + socket_path() + (options_.tls ? "\nport 0\ntls-port " : "\nport ") +
            std::to_string(port_) + "\n";
  if (is_cluster_node()) config += "cluster-port " + std::to_string(bus_port_) + "\n";
  if (!options_.password.empty()) config += "requirepass " + options_.password + "\n";
  for (const auto& line : options_.config) config += line + "\n";
  write_file(directory_.file("redis.conf"), config);
  unlink(socket_path().c_str());
  auto command = options_.place.launcher;
  command.insert(command.end(), {"redis-server", directory_.file("redis.conf")});
  if (options_.sentinel) command.emplace_back("--sentinel");
  process_ = std::make_unique<ChildProcess>(command);
}

bool RedisServer::comes_up() {
  auto probe = client();
  const auto up = [&] { return probe.text({"PING"}) == "PONG"; };
  return wait_until([&] { return up() || !process_->running(); }, std::chrono::seconds(60)) && up();
}

}  // namespace tributary::test
