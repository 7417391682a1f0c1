#include "process/recent_ids.hpp"

#include <xxhash.h>

#include <algorithm>

namespace tributary::process {
namespace {

constexpr std::size_t kSlots = 1 << 16;  // 1 MiB

}  // namespace

RecentIds::RecentIds(TimeMs life_ms, TimeMs (*clock)()) : life_ms_(life_ms), clock_(clock), slots_(kSlots) {}

std::uint64_t RecentIds::hash(std::string_view id) { return XXH3_64bits(id.data(), id.size()) | 1ULL << 63; }

void RecentIds::add(const std::vector<std::uint64_t>& hashes) {
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  for (const auto hash : hashes) slots_[hash % kSlots] = {hash, now};
}

bool RecentIds::contains(std::string_view id) const {
  const auto wanted = hash(id);
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  const auto& slot = slots_[wanted % kSlots];
  return slot.hash == wanted && now - slot.since < life_ms_;
}

void RecentIds::clear() {
  const std::lock_guard lock(mutex_);
  std::fill(slots_.begin(), slots_.end(), Slot());
}

}  // namespace tributary::process
