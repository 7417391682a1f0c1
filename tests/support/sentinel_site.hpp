#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/scenario.hpp"

namespace tributary::test {

/// A primary (redis_), two replicas and three Sentinels that have found each other; nodes and publishers go by the Sentinels.
/// A fail-over takes about 3 s.
class SentinelScenario : public Scenario {
 protected:
  SentinelScenario() : SentinelScenario(Place{}, Place{}) {}
  /// `of_primary`: of redis_.
  SentinelScenario(const Place& of_primary, const Place& of_others);

  /// "redis+sentinel://<three addresses>/main".
  std::string sentinel_url() const;
  /// Where the Sentinels say the primary is: one of the servers.
  RedisServer& primary();
  /// Waits until that is another one than `old`, and makes client_ one of it.
  RedisServer& wait_for_another_than(const RedisServer& old);
  TestClient sentinel(std::size_t index = 0) { return sentinels_[index]->client(); }

  std::vector<std::unique_ptr<RedisServer>> replicas_, sentinels_;
};

}  // namespace tributary::test
