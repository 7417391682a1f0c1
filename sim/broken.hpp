#pragma once

#include <string>
#include <vector>

#include "sim/redis/simulated_redis.hpp"

namespace tributary::sim {

/// A negative control: scripts with a mistake in them, which the simulation must find.
struct BrokenVariant {
  const char* name;
  const char* what;
  std::vector<Scripts::Change> changes;
};

const std::vector<BrokenVariant>& broken_variants();

}  // namespace tributary::sim
