#include "core/journal/slots.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/base/random.hpp"

namespace tributary::journal {
namespace {

using Weights = std::vector<std::uint32_t>;

std::vector<Weights> some_weights() {
  std::vector<Weights> all = {{1},    {7},    {1, 1},    {1, 0},      {0, 3},
                              {5, 1}, {2, 3}, {1, 1, 1}, {10, 10, 1}, {0, 0, 4, 0}};
  Random random(1);
  for (int i = 0; i < 40; ++i) {
    Weights weights(1 + random.below(6));
    for (auto& weight : weights) weight = static_cast<std::uint32_t>(random.below(9));
    weights[random.below(weights.size())] = 1 + static_cast<std::uint32_t>(random.below(9));
    all.push_back(weights);
  }
  return all;
}

TEST(SlotsTest, EachLaneHasAsManySlotsAsItsWeight) {
  for (const auto& weights : some_weights()) {
    const Slots slots(weights);
    Weights counted(weights.size());
    for (std::uint32_t slot = 0; slot < slots.size(); ++slot) ++counted[slots.lane_of_slot(slot)];
    EXPECT_EQ(counted, weights);
    EXPECT_EQ(slots.size(), std::accumulate(weights.begin(), weights.end(), 0u));
    EXPECT_EQ(slots.lane_count(), weights.size());
  }
}

TEST(SlotsTest, SlotsAreLaidOutEvenly) {
  for (const auto& weights : some_weights()) {
    const Slots slots(weights);
    for (std::uint32_t lane = 0; lane < weights.size(); ++lane) {
      // After every prefix of the table the lane has its share, give or take less than one
      // slot for each lane.
      double counted = 0;
      for (std::uint32_t slot = 0; slot < slots.size(); ++slot) {
        counted += slots.lane_of_slot(slot) == lane ? 1 : 0;
        const double share = static_cast<double>(weights[lane]) * (slot + 1) / slots.size();
        EXPECT_LT(std::abs(counted - share), static_cast<double>(weights.size())) << "lane " << lane;
      }
    }
  }
}

TEST(SlotsTest, TheTableIsFixedForever) {
  // Members of different versions must lay out the same table: a change here needs a new protocol version.
  const Slots slots({3, 1, 2});
  Weights table;
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) table.push_back(slots.lane_of_slot(slot));
  EXPECT_EQ(table, (Weights{0, 2, 0, 1, 2, 0}));
}

TEST(SlotsTest, PositionsRanksAndCountsAgreeWithCountingOneByOne) {
  for (const auto& weights : some_weights()) {
    const Slots slots(weights);
    std::vector<std::uint64_t> counts(weights.size()), last(weights.size());
    for (std::uint64_t n = 0; n <= 3 * slots.size() + 1; ++n) {
      if (n > 0) {
        const auto lane = slots.lane_of_slot(static_cast<std::uint32_t>((n - 1) % slots.size()));
        ASSERT_EQ(slots.position_of(lane, counts[lane]), n);
        ++counts[lane];
        last[lane] = n;
      }
      for (std::uint32_t lane = 0; lane < weights.size(); ++lane) {
        ASSERT_EQ(slots.count_up_to(lane, n), counts[lane]);
        ASSERT_EQ(slots.last_position(lane, n), last[lane]);
      }
    }
  }
}

TEST(SlotsTest, WithoutWeightThereAreNoSlotsAndNothingIsCounted) {
  for (const auto& weights : {Weights{}, Weights{0}, Weights{0, 0}}) {
    const Slots slots(weights);
    EXPECT_TRUE(slots.empty());
    for (std::uint32_t lane = 0; lane < weights.size(); ++lane) {
      EXPECT_EQ(slots.count_up_to(lane, 100), 0u);
      EXPECT_EQ(slots.last_position(lane, 100), 0u);
    }
  }
}

}  // namespace
}  // namespace tributary::journal
