#include "core/journal/key_slots.hpp"

#include <xxhash.h>

#include <optional>

namespace tributary::journal {
namespace {

// The finalizer of splitmix64 (Steele, Lea, Flood 2014): each bit of the input moves each bit of the result.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// Of a view with more consumers the weights are scaled down to about so many, at least one each: a marker is to be read in some
// milliseconds, whatever it says.
constexpr std::uint64_t kMostDraws = 4096;

// The place in the list of the member that has each slot; nothing if nobody has weight.
std::vector<std::uint32_t> owners(const std::vector<KeySlots::Share>& shares) {
  std::uint64_t sum = 0;
  for (const auto& share : shares) sum += share.weight;
  std::vector<std::uint32_t> owner_of_slot;
  std::vector<std::uint64_t> highest(kKeySlots, 0);
  for (std::uint32_t i = 0; i < shares.size(); ++i) {
    if (shares[i].weight == 0) continue;
    if (owner_of_slot.empty()) owner_of_slot.assign(kKeySlots, i);
    const auto draws = sum <= kMostDraws ? shares[i].weight : shares[i].weight * kMostDraws / sum + 1;
    const auto member = XXH64(shares[i].member.data(), shares[i].member.size(), 0);
    for (std::uint64_t slot = 0; slot < kKeySlots; ++slot) {
      for (std::uint64_t k = 0; k < draws; ++k) {
        const auto hash = mix(member ^ (slot << 12 | k));  // weights are at most 4096
        if (hash <= highest[slot]) continue;
        highest[slot] = hash;
        owner_of_slot[slot] = i;
      }
    }
  }
  return owner_of_slot;
}

}  // namespace

std::uint16_t slot_of_key(std::string_view key) {
  return static_cast<std::uint16_t>(XXH3_64bits(key.data(), key.size()) % kKeySlots);
}

KeySlots::KeySlots(const std::vector<Share>& now, const std::vector<Share>& before)
    : lane_of_slot_(owners(now)), slots_of_lane_(2 * now.size()) {
  const auto former = owners(before);
  for (std::uint32_t slot = 0; slot < lane_of_slot_.size(); ++slot) {
    auto& lane = lane_of_slot_[slot];
    const bool kept = !former.empty() && before[former[slot]].member == now[lane].member;
    if (!kept) lane += static_cast<std::uint32_t>(now.size());
    slots_of_lane_[lane].set(slot);
  }
}

}  // namespace tributary::journal
