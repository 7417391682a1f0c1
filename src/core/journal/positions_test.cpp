#include "core/journal/positions.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tributary::journal {
namespace {

Positions filled(const std::vector<std::uint64_t>& at) {
  Positions positions;
  for (const auto n : at) positions.append(n, static_cast<std::uint16_t>(n % 1000));
  return positions;
}

TEST(PositionsTest, RanksAndPositionsTellEachOther) {
  const auto positions = filled({3, 4, 9, 1000});
  EXPECT_EQ(positions.rank_at(0), 0u);
  EXPECT_EQ(positions.rank_at(3), 1u);
  EXPECT_EQ(positions.rank_at(8), 2u);
  EXPECT_EQ(positions.rank_at(999), 3u);
  EXPECT_EQ(positions.position_of(0), 3u);
  EXPECT_EQ(positions.position_of(3), 1000u);
  EXPECT_EQ(positions.key_of(2), 9u);
}

TEST(PositionsTest, BeyondTheLastOneIsHowManyThereAre) {
  EXPECT_EQ(filled({3, 4}).rank_at(100), 2u);
  EXPECT_EQ(Positions().rank_at(100), 0u);
}

TEST(PositionsTest, OfWhatIsForgottenTheLastPositionIsRemembered) {
  auto positions = filled({3, 4, 9, 12, 17});
  positions.forget_below(2);
  EXPECT_EQ(positions.position_of(1), 4u);
  EXPECT_EQ(positions.position_of(0), 4u) << "no more is known";
  EXPECT_EQ(positions.rank_at(4), 2u);
  EXPECT_EQ(positions.rank_at(3), 0u) << "which one it was is not known any more";
  EXPECT_EQ(positions.rank_at(12), 4u);
  positions.append(20, 5);
  EXPECT_EQ(positions.position_of(5), 20u);
  EXPECT_EQ(positions.key_of(2), 9u);
}

TEST(PositionsTest, MemoryGoesBack) {
  Positions positions;
  for (std::uint64_t n = 1; n <= 100'000; ++n) {
    positions.append(n, 0);
    positions.forget_below(n > 100 ? n - 100 : 0);
  }
  EXPECT_LT(positions.bytes(), 10'000u);
  EXPECT_EQ(positions.position_of(99'950), 99'951u);
}

TEST(PositionsTest, WhatIsGivenUpIsCountedAndItsEndKnown) {
  auto positions = filled({3, 4, 9});
  positions.give_up();
  positions.skip(12);
  EXPECT_EQ(positions.count(), 4u);
  EXPECT_EQ(positions.last(), 12u);
  EXPECT_EQ(positions.rank_at(12), 4u);
  EXPECT_EQ(positions.rank_at(9), 0u);
  EXPECT_EQ(positions.position_of(3), 12u);
}

}  // namespace
}  // namespace tributary::journal
