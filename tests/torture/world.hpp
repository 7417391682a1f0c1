#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/gate.hpp"
#include "support/node.hpp"
#include "support/redis_server.hpp"

namespace tributary::test {

/// Real nodes behind gates, a real redis-server with AOF, real publishers: what the torture
/// hurts. One thread.
class World {
 public:
  /// `repeat`: percent of messages that are published with an id of before; nodes have a window for ids then. `keyed`: the group
  /// has an order key, and messages have one of kKeys.
  World(std::uint64_t seed, std::string directory, int repeat, bool keyed);
  static constexpr std::uint32_t kKeys = 50;

  struct Node {
    std::string receipts;
    std::unique_ptr<Gate> gate;
    std::unique_ptr<ChildProcess> process;
    bool stopped = false;  ///< SIGSTOP
    bool slow = false;     ///< falls behind its share, or hangs
  };

  /// Of a random kind: fast or slow processors, also ones that hang, with much memory or little. The first of
  /// the living is always fast and has room.
  void start_node();
  /// A living node other than the first, which node faults leave alone so that somebody always receives; -1
  /// if none.
  int pick();
  int leader();  ///< index of the leader's node; -1 if it is none of the living, or the first
  void kill(int index);
  /// Asks a node to leave and goes on: it drains beside what happens next. From now on it is in `leaving`.
  void begin_leaving(int index);
  /// Takes note of those that have left; with a bound, waits so long for each.
  void await_leaving(std::chrono::milliseconds bound = {});
  /// Slow nodes would never be done with what they have: they are asked to leave, and the others, who hold it too, go
  /// on with it. None is started any more until they are wanted again.
  void dismiss_slow_nodes();
  bool slow_nodes_wanted = true;  ///< whether start_node() may start one that falls behind
  void start_publisher(std::uint64_t rate, std::chrono::seconds duration, bool ledger,
                       std::vector<std::string> flags = {});
  /// Waits until the publishers are done.
  void await_publishers();
  /// How many of those that were asked to leave ended with another status.
  int exits_other_than(const std::vector<int>& statuses) const;
  /// Appended and dead-lettered entries, so far.
  std::uint64_t committed();
  /// Of the nodes that live, and of those that were asked to leave and did.
  std::vector<std::string> surviving_receipts() const;

  std::mt19937_64 random;
  RedisServer server;
  TestClient client;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::unique_ptr<Node>> leaving;
  std::map<int, int> exits;  ///< how often nodes that were asked to leave ended with which status
  std::vector<std::string> ledgers;
  std::string directory;
  bool keyed;

 private:
  std::vector<std::unique_ptr<ChildProcess>> publishers_;
  std::vector<std::string> receipts_of_leavers_;
  int started_ = 0;
  int repeat_ = 0;
};

}  // namespace tributary::test
