#include "core/plan/shares.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "core/base/random.hpp"

namespace tributary::plan {
namespace {

std::uint64_t sum(const std::vector<std::uint32_t>& shares) {
  return std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
}

std::uint64_t moved(const std::vector<Host>& hosts, const std::vector<std::uint32_t>& shares) {
  std::uint64_t up = 0;
  for (std::size_t i = 0; i < hosts.size(); ++i)
    up += shares[i] > hosts[i].current ? shares[i] - hosts[i].current : 0;
  return up;
}

TEST(SharesTest, FiftyOnTenEqualHostsIsFiveEach) {
  EXPECT_EQ(split(50, std::vector<Host>(10)), std::vector<std::uint32_t>(10, 5));
}

TEST(SharesTest, NoHostGetsNothingAndNoConsumersAreNone) {
  EXPECT_TRUE(split(5, {}).empty());
  EXPECT_EQ(split(0, std::vector<Host>(3)), std::vector<std::uint32_t>(3, 0));
}

TEST(SharesTest, CapacityDecidesAndWhatAHostHasBreaksTheTie) {
  EXPECT_EQ(split(6, {{2, 0}, {1, 0}}), (std::vector<std::uint32_t>{4, 2}));
  EXPECT_EQ(split(3, {{1, 1}, {1, 2}}), (std::vector<std::uint32_t>{1, 2})) << "who has two keeps two";
  EXPECT_EQ(split(3, {{1, 2}, {1, 1}}), (std::vector<std::uint32_t>{2, 1}));
}

TEST(SharesTest, PropertiesHoldForAnyHosts) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Host> hosts(1 + random.below(9));
    std::uint64_t capacity = 0;
    for (auto& host : hosts) {
      host = {static_cast<std::uint32_t>(1 + random.below(5)), static_cast<std::uint32_t>(random.below(12))};
      capacity += host.capacity;
    }
    const auto consumers = random.below(60);
    const auto shares = split(consumers, hosts);
    ASSERT_EQ(sum(shares), consumers);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      const auto exact = consumers * hosts[i].capacity;
      ASSERT_GE(shares[i], exact / capacity);
      ASSERT_LE(shares[i], (exact + capacity - 1) / capacity);
    }
    // Stable: with these shares in force nothing moves; and no swap of who is rounded up would move fewer.
    auto settled = hosts;
    for (std::size_t i = 0; i < hosts.size(); ++i) settled[i].current = shares[i];
    ASSERT_EQ(split(consumers, settled), shares);
    for (std::size_t a = 0; a < hosts.size(); ++a) {
      for (std::size_t b = 0; b < hosts.size(); ++b) {
        const auto low_a = consumers * hosts[a].capacity / capacity;
        const bool up_a = shares[a] > low_a;
        const auto rest_b = consumers * hosts[b].capacity % capacity;
        const bool down_b = shares[b] == consumers * hosts[b].capacity / capacity && rest_b > 0;
        if (!up_a || !down_b) continue;
        auto other = shares;
        --other[a], ++other[b];
        ASSERT_GE(moved(hosts, other), moved(hosts, shares));
      }
    }
  }
}

}  // namespace
}  // namespace tributary::plan
