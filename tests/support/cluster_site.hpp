#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/scenario.hpp"

namespace tributary::test {

/// Three primaries and three replicas that make up a cluster. The slot of messages:processed is with redis_, whose replica is
/// replica_; nodes and publishers are told of the other primaries only. A fail-over takes about 3 s.
class ClusterScenario : public Scenario {
 protected:
  ClusterScenario() : ClusterScenario(Place{}, Place{}) {}
  /// `of_group`: of redis_.
  ClusterScenario(const Place& of_group, const Place& of_others);

  /// "redis://<address>" of one of the primaries that do not have the group.
  std::string url(std::size_t other = 0) const { return "redis://" + others_[other]->address(); }
  /// Waits until another node than `old` has the group by the word of all but `old`, and makes client_ one of it.
  RedisServer& wait_for_another_than(const RedisServer& old);
  /// Moves the slot of the group, with its keys, to one of the other primaries; with a pause behind each key.
  void move_slot_to(RedisServer& to, std::chrono::milliseconds pause);

  RedisServer& replica() { return *replicas_[0]; }
  static std::string id_of(RedisServer& server) { return server.client().text({"CLUSTER", "MYID"}); }

  std::vector<std::unique_ptr<RedisServer>> others_, replicas_;  // the first replica is redis_'s
};

}  // namespace tributary::test
