#include "core/journal/slots.hpp"

#include <algorithm>

#include "core/base/check.hpp"

namespace tributary::journal {

Slots::Slots(const std::vector<std::uint32_t>& weights) : slots_of_lane_(weights.size()) {
  // The j-th of a lane's w slots wants to stand at (j + 1/2) / w of the table; sorted by that, ties by lane.
  struct Wish {
    std::uint64_t numerator, weight;
    std::uint32_t lane;
  };
  std::vector<Wish> wishes;
  for (std::uint32_t lane = 0; lane < weights.size(); ++lane) {
    for (std::uint64_t j = 0; j < weights[lane]; ++j) wishes.push_back({2 * j + 1, weights[lane], lane});
  }
  std::sort(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) {
    const auto left = a.numerator * b.weight;
    const auto right = b.numerator * a.weight;
    return left != right ? left < right : a.lane < b.lane;
  });
  lane_of_slot_.reserve(wishes.size());
  for (const auto& wish : wishes) {
    slots_of_lane_[wish.lane].push_back(static_cast<std::uint32_t>(lane_of_slot_.size()));
    lane_of_slot_.push_back(wish.lane);
  }
}

std::uint64_t Slots::count_up_to(std::uint32_t lane, std::uint64_t position) const {
  const auto& own = slots_of_lane_[lane];
  if (own.empty()) return 0;
  const auto rounds = position / size();
  const auto rest = static_cast<std::uint32_t>(position % size());
  const auto within = std::lower_bound(own.begin(), own.end(), rest) - own.begin();
  return rounds * own.size() + static_cast<std::uint64_t>(within);
}

std::uint64_t Slots::position_of(std::uint32_t lane, std::uint64_t rank) const {
  const auto& own = slots_of_lane_[lane];
  TRIBUTARY_CHECK(!own.empty());
  return rank / own.size() * size() + own[rank % own.size()] + 1;
}

std::uint64_t Slots::last_position(std::uint32_t lane, std::uint64_t length) const {
  const auto count = count_up_to(lane, length);
  return count == 0 ? 0 : position_of(lane, count - 1);
}

}  // namespace tributary::journal
