#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/connection.hpp"
#include "cli/system/child_process.hpp"
#include "cli/system/private_server.hpp"
#include "redis/sync_client.hpp"

namespace tributary::bench {

inline constexpr const char* kChannel = "messages:published";
inline constexpr const char* kStream = "messages:processed";

/// Which design carries the messages, and with how much.
struct Lineup {
  enum class Design { floor, tributary, lock_per_message, peer };
  std::string name;
  Design design = Design::floor;
  int processes = 1;
  int consumers = 1;         ///< of all processes together
  int idle_subscribers = 0;  ///< besides them
  std::vector<std::string> flags =
      {};  ///< of `tributary consume`, beyond the defaults; of a peer: its command
  cli::Access access = cli::Access::unix_socket;
  cli::Persistence persistence = cli::Persistence::none;
  std::string scraped = {};  ///< Unix socket that metrics are read from each second; empty: none
};

Lineup floor_with(int idle_subscribers);
Lineup nodes_with(int nodes, int consumers, std::vector<std::string> flags = {});
Lineup lock_workers(int workers);
Lineup with_tls(Lineup lineup);
Lineup with_tcp(Lineup lineup);
Lineup in_cluster(Lineup lineup);  ///< by TCP, at a cluster of one node
/// The floor, but it parses and checks each payload as JSON.
Lineup floor_that_reads();
/// A bridge that somebody else wrote: address, channel and stream come behind the command.
Lineup peer(const std::string& name, std::vector<std::string> command);

/// The programs that are measured, beside this one, and what they work with.
struct Programs {
  std::string tributary, bare_bridge, lock_per_message, answering_child, bare_http_server, plugin;
};

/// CPU that a process has used so far. Throws Failure if there is none.
double process_cpu_seconds(pid_t pid);

/// Throws Failure once somebody wants it all to end (Ctrl-C).
void throw_if_interrupted();

/// A subscriber that only reads: what another node costs the server.
class IdleSubscriber {
 public:
  explicit IdleSubscriber(const std::string& address);
  ~IdleSubscriber();

 private:
  Connection connection_;
  std::thread thread_;
};

/// A fresh server, and a line-up at work on it: all processes are ours, and end with this
/// object. Construct it in the main thread.
class Team {
 public:
  Team(const Programs& programs, const Lineup& lineup);

  const Lineup& lineup() const { return lineup_; }
  /// Of the server, for a Connection.
  std::string address() const;
  /// Of the server, for a tributary command.
  std::vector<std::string> flags() const { return server_.flags(); }
  redis::SyncClient& client() { return client_; }
  std::vector<cli::ChildProcess>& processes() { return processes_; }

  /// Entries in the output stream.
  std::uint64_t appended();
  /// CPU seconds so far, of all processes of the line-up, and of the server.
  double own_cpu_seconds() const;
  double server_cpu_seconds();
  /// Waits until so many entries are there. Throws Failure when nothing moves any more.
  void wait_until_appended(std::uint64_t entries);
  /// One more node of one consumer, with the line-up's flags; does not wait until it has joined.
  void add_node(const Programs& programs) { start_node(programs, 1, static_cast<int>(processes_.size())); }
  /// Throws Failure if a process has ended.
  void expect_alive();
  redis::Reply ask(std::initializer_list<std::string_view> command);

 private:
  void start_processes(const Programs& programs);
  void start_node(const Programs& programs, int consumers, int number);
  void start(std::vector<std::string> command, int number);
  void wait_until_ready();

  Lineup lineup_;
  cli::PrivateServer server_;
  redis::SyncClient client_;
  std::vector<std::unique_ptr<IdleSubscriber>> idle_;
  std::vector<cli::ChildProcess> processes_;
};

}  // namespace tributary::bench
