#include "core/journal/journal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tributary::journal {
namespace {

Journal filled(const std::vector<std::uint32_t>& weights, int count) {
  Journal journal(weights);
  for (int n = 1; n <= count; ++n) journal.append("m" + std::to_string(n));
  return journal;
}

TEST(JournalTest, EveryMessageIsInTheLaneOfItsSlotUnderItsRank) {
  const auto journal = filled({2, 0, 3}, 100);
  EXPECT_EQ(journal.count(), 100u);
  std::uint64_t found = 0;
  for (std::uint32_t lane = 0; lane < journal.lane_count(); ++lane) {
    for (std::uint64_t rank = 0; rank < journal.lane(lane).end(); ++rank, ++found) {
      EXPECT_EQ(journal.lane(lane).payload(rank), "m" + std::to_string(journal.position_of(lane, rank)));
    }
  }
  EXPECT_EQ(found, 100u);
  EXPECT_EQ(journal.lane(1).end(), 0u);
}

TEST(JournalTest, AViewWithoutLanesCountsAndHoldsNothing) {
  const auto journal = filled({0, 0}, 10);
  EXPECT_EQ(journal.count(), 10u);
  EXPECT_EQ(journal.bytes(), 0u);
}

TEST(JournalTest, ByKeysAMessageIsInTheLaneOfItsKeyAndWithoutOneInThatOfItsPosition) {
  const KeySlots keys({{"a", 1}, {"b", 1}}, {{"a", 1}});
  Journal journal({1, 1}, keys);
  std::uint16_t of_b = 0;
  while (keys.lane_of(of_b) != 3) ++of_b;
  for (int n = 1; n <= 6; ++n) journal.append("m" + std::to_string(n), {}, n <= 3 ? of_b : kNoKey);
  EXPECT_EQ(journal.lane(3).end(), 3u);
  EXPECT_EQ(journal.lane(0).end() + journal.lane(1).end(), 3u);
  EXPECT_EQ(journal.lane(1).payload(0), "m4") << "of the second of two slots";
  EXPECT_EQ(journal.position_of(1, 0), 4u);
  EXPECT_EQ(journal.key_of(1, 0), kNoKey);
  EXPECT_EQ(journal.key_of(3, 2), of_b);
  EXPECT_EQ(journal.last_position(3), 3u);
  EXPECT_EQ(journal.rank_at(3, 2), 2u);
}

TEST(JournalTest, ByKeysTheDigestTellsThatAllReadTheSameKey) {
  const auto digest = [](std::uint16_t key) {
    Journal journal({1}, KeySlots({{"a", 1}}, {}));
    journal.append("m", {}, key);
    journal.append("m", {}, key);
    return journal.digest();
  };
  EXPECT_EQ(digest(1), digest(1));
  EXPECT_NE(digest(1), digest(2));
}

TEST(JournalTest, TheDigestDependsOnPayloadsOrderAndBoundaries) {
  const auto digest = [](const std::vector<std::string>& payloads) {
    Journal journal({1});
    for (const auto& payload : payloads) journal.append(payload);
    return journal.digest();
  };
  EXPECT_EQ(digest({"a", "b"}), digest({"a", "b"}));
  EXPECT_NE(digest({"a", "b"}), digest({"b", "a"}));
  EXPECT_NE(digest({"ab"}), digest({"a", "b"}));
  EXPECT_NE(digest({"a", ""}), digest({"a"}));
  EXPECT_NE(digest({"a", "b"}), digest({"a", "c"}));
}

TEST(JournalTest, TheDigestAndTheCountDoNotDependOnWhatIsHeld) {
  auto one = filled({1, 1}, 10);
  auto two = filled({1, 1}, 10);
  two.give_up(0);
  two.forget_below(1, 5);
  one.append("x");
  two.append("x");
  EXPECT_EQ(one.digest(), two.digest());
  EXPECT_EQ(one.count(), two.count());
}

TEST(JournalTest, ALaneGivenUpHoldsNothingAndNeverWillWhileTheOthersGoOn) {
  auto journal = filled({1, 1}, 10);
  const auto before = journal.bytes();
  journal.give_up(0);
  EXPECT_LT(journal.bytes(), before);
  for (int n = 11; n <= 20; ++n) journal.append("m" + std::to_string(n));
  EXPECT_TRUE(journal.given_up(0));
  EXPECT_FALSE(journal.lane(0).holds(0));
  EXPECT_FALSE(journal.lane(0).holds(9));
  EXPECT_EQ(journal.lane(1).payload(9), "m20");
}

TEST(JournalTest, ATrailerIsKeptBehindThePayloadAndIsPartOfTheDigest) {
  Journal one({1}), other({1}), none({1});
  one.append("payload", "channel");
  other.append("payload", "elsewhere");
  none.append("payload");
  EXPECT_EQ(one.lane(0).payload(0), "payloadchannel");
  EXPECT_EQ(none.lane(0).payload(0), "payload");
  EXPECT_NE(one.digest(), other.digest());
  EXPECT_NE(one.digest(), none.digest());
}

}  // namespace
}  // namespace tributary::journal
