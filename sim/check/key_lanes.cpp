#include "sim/check/key_lanes.hpp"

#include <xxhash.h>

namespace tributary::sim {
namespace {

// The member that has a key slot: whose hash of the slot and one of its consumers is the highest.
std::string owner_of(std::uint64_t slot, const std::vector<Share>& members) {
  std::uint64_t highest = 0;
  std::string owner;
  for (const auto& share : members) {
    for (std::uint64_t k = 0; k < share.weight; ++k) {
      auto hash = XXH64(share.member.data(), share.member.size(), 0) ^ (slot * 4096 + k);
      hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
      hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
      hash ^= hash >> 31;
      if (hash > highest) {
        highest = hash;
        owner = share.member;
      }
    }
  }
  return owner;
}

}  // namespace

std::uint64_t key_slot_of(std::string_view key) { return XXH3_64bits(key.data(), key.size()) % kSlotsOfKeys; }

// What a member has of the keys it had before is in the lane of its place, the rest in another behind those of all.
std::uint32_t lane_of_key_slot(std::uint64_t slot, const std::vector<Share>& members,
                               const std::vector<Share>& before) {
  const auto owner = owner_of(slot, members);
  std::uint32_t place = 0;
  while (place < members.size() && members[place].member != owner) ++place;
  const bool moved = owner_of(slot, before) != owner;
  return place + (moved ? static_cast<std::uint32_t>(members.size()) : 0);
}

}  // namespace tributary::sim
