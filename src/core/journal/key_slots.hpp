#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>
#include <vector>

namespace tributary::journal {

/// Keys are dealt out by slots, so that a view need not know them. A change of the number needs a new protocol version.
inline constexpr std::uint32_t kKeySlots = 1024;
/// The slot of a message that has no key.
inline constexpr std::uint16_t kNoKey = kKeySlots;

/// The same at every node: a function of the key's bytes alone.
std::uint16_t slot_of_key(std::string_view key);

/// Which lane the messages of each key slot fall to in a view. A pure function of the members and weights of the view and of
/// the one before it, in integers only, so every member has the same.
///
/// A slot belongs to the member with the highest hash of (slot, member, k) over its k < weight (weighted rendezvous hashing,
/// Thaler and Ravishankar 1998), so a member more or less moves only its own share of the slots. What a member had in the view
/// before falls to the lane of its index; what moved to it, to that index plus the number of members: messages that have to
/// wait for another member's lane stand in nobody's way.
class KeySlots {
 public:
  struct Share {
    std::string_view member;
    std::uint32_t weight = 0;
  };
  using Set = std::bitset<kKeySlots>;

  KeySlots(const std::vector<Share>& now, const std::vector<Share>& before);

  std::uint32_t lane_of(std::uint16_t slot) const { return lane_of_slot_[slot]; }
  std::uint32_t lane_count() const { return static_cast<std::uint32_t>(slots_of_lane_.size()); }
  const Set& slots_of(std::uint32_t lane) const { return slots_of_lane_[lane]; }

 private:
  std::vector<std::uint32_t> lane_of_slot_;  ///< none if nobody has weight
  std::vector<Set> slots_of_lane_;
};

}  // namespace tributary::journal
