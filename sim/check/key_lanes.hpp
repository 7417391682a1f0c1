#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::sim {

/// A member of a view and its weight.
struct Share {
  std::string member;
  std::uint32_t weight = 0;
};

inline constexpr std::uint64_t kSlotsOfKeys = 1024;

/// The rule of docs/protocol.md for groups with an order key, told without the code that is checked: the slot of a key, and the
/// lane that a slot falls to in a view of which somebody has weight.
std::uint64_t key_slot_of(std::string_view key);
std::uint32_t lane_of_key_slot(std::uint64_t slot, const std::vector<Share>& members,
                               const std::vector<Share>& before);

}  // namespace tributary::sim
