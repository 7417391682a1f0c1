#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/node.hpp"
#include "support/redis_server.hpp"
#include "torture/gate.hpp"

namespace tributary::test {

/// Real nodes behind gates, a real redis-server with AOF, real publishers: what the torture
/// hurts. One thread.
class World {
 public:
  World(std::uint64_t seed, std::string directory);

  struct Node {
    std::string receipts;
    std::unique_ptr<Gate> gate;
    std::unique_ptr<ChildProcess> process;
    bool stopped = false;  ///< SIGSTOP
  };

  void start_node();
  /// A living node other than the first, which node faults leave alone so that somebody always receives; -1
  /// if none.
  int pick();
  int leader();  ///< index of the leader's node; -1 if it is none of the living, or the first
  void kill(int index);
  void terminate(int index);
  void start_publisher(std::uint64_t rate, std::chrono::seconds duration, bool ledger,
                       std::vector<std::string> flags = {});
  /// Waits until the publishers are done.
  void await_publishers();
  /// Appended and dead-lettered entries, so far.
  std::uint64_t committed();
  std::vector<std::string> surviving_receipts() const;

  std::mt19937_64 random;
  RedisServer server;
  TestClient client;
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<std::string> ledgers;
  std::string directory;

 private:
  std::vector<std::unique_ptr<ChildProcess>> publishers_;
  int started_ = 0;
};

}  // namespace tributary::test
