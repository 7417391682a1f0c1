#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "explore/world.hpp"

namespace tributary::explore {

struct Limits {
  std::uint64_t states = 3'000'000;
  double seconds = 60;
  std::uint64_t megabytes = 6000;
};

struct Findings {
  std::string violation;           ///< empty: none
  std::vector<std::string> story;  ///< the shortest way to it
  std::size_t steps = 0;           ///< of it
  bool exhausted = false;          ///< there is no other state
  std::uint64_t states = 0, members = 0, servers = 0;
  std::size_t depth = 0;  ///< every state that is so many steps away was visited
  double seconds = 0;     ///< of processor time
};

/// Visits every state of the world, nearest first.
Findings search(World& world, const Limits& limits);

}  // namespace tributary::explore
