#include "relay/arrivals.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tributary::relay {
namespace {

const group::ViewId kView{1, "a"};

TEST(Arrivals, AMessageCameWithItsBatch) {
  Arrivals arrivals;
  arrivals.note(kView, 0, 1'000);
  arrivals.note(kView, 10, 20'000);
  arrivals.note(kView, 10, 30'000);
  arrivals.note(kView, 25, 40'000);
  EXPECT_EQ(arrivals.at(kView, 1), 20'000);
  EXPECT_EQ(arrivals.at(kView, 10), 20'000);
  EXPECT_EQ(arrivals.at(kView, 11), 40'000);
  EXPECT_EQ(arrivals.at(kView, 26), std::nullopt);
  EXPECT_EQ(arrivals.at({2, "b"}, 1), std::nullopt);
}

TEST(Arrivals, BatchesOfOneMillisecondShareItsBeginning) {
  Arrivals arrivals;
  arrivals.note(kView, 1, 10'000);
  arrivals.note(kView, 2, 10'900);
  arrivals.note(kView, 3, 11'100);
  EXPECT_EQ(arrivals.at(kView, 2), 10'000);
  EXPECT_EQ(arrivals.at(kView, 3), 11'100);
}

TEST(Arrivals, TellsOfEachTimeHowFarItReached) {
  Arrivals arrivals;
  for (std::uint64_t i = 1; i <= 5; ++i) arrivals.note(kView, 10 * i, static_cast<std::int64_t>(i) * 10'000);
  std::vector<std::pair<std::int64_t, std::uint64_t>> told;
  arrivals.each(kView, 15, 35, [&](std::int64_t at, std::uint64_t last) { told.emplace_back(at, last); });
  EXPECT_EQ(told,
            (std::vector<std::pair<std::int64_t, std::uint64_t>>{{20'000, 20}, {30'000, 30}, {40'000, 35}}));
}

TEST(Arrivals, WhatWaitsForLongIsToldLessExactlyAndNeverYounger) {
  Arrivals arrivals;
  constexpr std::uint64_t kBatches = 100'000;
  for (std::uint64_t i = 1; i <= kBatches; ++i)
    arrivals.note(kView, i, static_cast<std::int64_t>(i) * 10'000);
  std::size_t marks = 0;
  arrivals.each(kView, 1, kBatches, [&](std::int64_t, std::uint64_t) { ++marks; });
  EXPECT_LE(marks, 4096U);
  for (std::uint64_t i = 1; i <= kBatches; i += 997) {
    EXPECT_LE(*arrivals.at(kView, i), static_cast<std::int64_t>(i) * 10'000) << i;
  }
  EXPECT_EQ(arrivals.at(kView, kBatches), static_cast<std::int64_t>(kBatches) * 10'000);
  EXPECT_EQ(arrivals.at(kView, 1), 10'000);
}

TEST(Arrivals, ForgetsWhatNobodyAsksFor) {
  Arrivals arrivals;
  arrivals.note(kView, 10, 10'000);
  arrivals.note(kView, 20, 20'000);
  arrivals.forget_below(kView, 11);
  EXPECT_EQ(arrivals.at(kView, 15), 20'000);
  EXPECT_EQ(arrivals.at(kView, 5), 20'000) << "the oldest that is known";
  arrivals.keep_only([](const group::ViewId&) { return false; });
  EXPECT_EQ(arrivals.at(kView, 15), std::nullopt);
}

}  // namespace
}  // namespace tributary::relay
