#pragma once

#include <cstdint>
#include <vector>

namespace tributary::plan {

/// A node whose number of consumers the group decides.
struct Host {
  std::uint32_t capacity = 1;  ///< how much it should carry compared with others; at least 1
  std::uint32_t current = 0;   ///< consumers it has now
};

/// Splits `consumers` over hosts by capacity. Pure.
///
/// Guarantees: the sum is `consumers` (with at least one host); every host gets its exact share rounded down
/// or up, so hosts of equal capacity differ by one at most; among all such splits, one that moves as few
/// consumers as possible: who is rounded up is decided first by who has that many already, then by the larger
/// remainder, then by order.
std::vector<std::uint32_t> split(std::uint64_t consumers, const std::vector<Host>& hosts);

}  // namespace tributary::plan
