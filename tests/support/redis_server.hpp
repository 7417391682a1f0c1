#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_client.hpp"

namespace tributary::test {

/// Where a server runs: what comes before its command, e.g. that it runs on a Host, and the address that it has there.
struct Place {
  std::vector<std::string> launcher = {};
  std::string host = "127.0.0.1";
};

/// A private redis-server: fresh directory, Unix socket, by default no TCP port, no persistence. Answers PING
/// when the constructor returns; gone, with its directory, after the destructor. Throws std::runtime_error,
/// with the server's log, if it does not come up within 10 s. One thread at a time.
class RedisServer {
 public:
  struct Options {
    std::vector<std::string> config = {};  ///< lines of redis.conf, e.g. "appendonly yes"
    bool tcp = false;                      ///< also listen on a free port of 127.0.0.1
    bool tls = false;                      ///< of TCP: only TLS; `config` has the certificates
    std::string password = {};             ///< requirepass, and what client() uses
    bool sentinel = false;                 ///< it is a Sentinel, and `config` says of what
    Place place = {};
  };
  RedisServer() : RedisServer(Options{}) {}
  explicit RedisServer(Options options);
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string socket_path() const { return directory_.file("redis.sock"); }
  /// "unix://<socket path>", for --redis-url, unless use_url() said something else.
  std::string url() const { return url_.empty() ? "unix://" + socket_path() : url_; }
  void use_url(std::string url) { url_ = std::move(url); }
  /// What comes before the commands of its clients, nodes among them: those that are to reach it from a Host.
  const std::vector<std::string>& client_launcher() const { return client_launcher_; }
  void launch_clients_by(std::vector<std::string> launcher) { client_launcher_ = std::move(launcher); }
  const std::string& host() const { return options_.place.host; }
  std::string address() const { return options_.place.host + ":" + std::to_string(port_); }
  int port() const { return port_; }          ///< 0 without TCP
  int bus_port() const { return bus_port_; }  ///< of a node of a cluster, for CLUSTER MEET; else 0
  pid_t pid() const { return process_->pid(); }
  const std::string& directory() const { return directory_.path(); }
  std::string log() const { return read_file(directory_.file("redis.log")); }

  TestClient client() const { return TestClient(socket_path(), options_.password); }

  void kill9() { process_->kill9(); }              ///< as a crash or the OOM killer would
  void restart();                                  ///< kills it if it runs; same directory, same data
  void stop_signal() { process_->stop_signal(); }  ///< SIGSTOP: neither answers nor closes connections
  void continue_signal() { process_->continue_signal(); }  ///< SIGCONT

 private:
  bool is_cluster_node() const;
  void start();
  bool comes_up();

  Options options_;
  TemporaryDirectory directory_;
  std::string url_;
  std::vector<std::string> client_launcher_;
  int port_ = 0, bus_port_ = 0;
  std::unique_ptr<ChildProcess> process_;  // after directory_: ends before that goes
};

}  // namespace tributary::test
