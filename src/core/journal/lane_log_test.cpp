#include "core/journal/lane_log.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/base/random.hpp"
#include "tributary/message.hpp"

namespace tributary::journal {
namespace {

std::string payload(std::uint64_t rank) {
  Random random(rank);
  std::string bytes(rank % 97 == 0 ? 5000 : random.below(60), '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

LaneLog filled(std::uint64_t count) {
  LaneLog log;
  for (std::uint64_t rank = 0; rank < count; ++rank) log.append(payload(rank));
  return log;
}

TEST(LaneLogTest, GivesBackWhatWasAppendedWhateverItsBytesAndSize) {
  const LaneLog log = filled(5000);
  ASSERT_EQ(log.end(), 5000u);
  for (std::uint64_t rank = 0; rank < log.end(); ++rank) ASSERT_EQ(log.payload(rank), payload(rank)) << rank;
  EXPECT_FALSE(log.holds(5000));
}

TEST(LaneLogTest, ReadableBytesFollowEveryPayload) {
  // Meant for a build with the address sanitizer.
  LaneLog log;
  for (int i = 0; i < 300; ++i) log.append(std::string(100, 'x'));
  unsigned sum = 0;
  for (std::uint64_t rank = 0; rank < log.end(); ++rank) {
    const char* end = log.payload(rank).data() + log.payload(rank).size();
    for (std::size_t i = 0; i < kPayloadPadding; ++i) sum += static_cast<unsigned char>(end[i]) & 1;
  }
  EXPECT_LT(sum, 300 * kPayloadPadding + 1);
}

TEST(LaneLogTest, ViewsStayValidWhileTheLogGrows) {
  LaneLog log;
  log.append("first");
  const auto view = log.payload(0);
  for (int i = 0; i < 10000; ++i) log.append("another");
  EXPECT_EQ(view, "first");
  EXPECT_EQ(view.data(), log.payload(0).data());
}

TEST(LaneLogTest, ForgettingKeepsRanksAndGivesMemoryBack) {
  LaneLog log = filled(5000);
  const auto full = log.bytes();
  log.forget_below(2500);
  EXPECT_EQ(log.first(), 2500u);
  EXPECT_FALSE(log.holds(2499));
  EXPECT_EQ(log.payload(2500), payload(2500));
  EXPECT_LT(log.bytes(), full * 3 / 4);
  log.forget_below(10);
  EXPECT_EQ(log.first(), 2500u) << "never back";
  log.forget_below(1'000'000);
  EXPECT_EQ(log.first(), 5000u) << "not beyond the end";
  EXPECT_EQ(log.bytes(), 0u);
  log.append("next");
  EXPECT_EQ(log.end(), 5001u);
  EXPECT_EQ(log.payload(5000), "next");
}

TEST(LaneLogTest, EmptyPayloadsTakeRoomToo) {
  LaneLog log;
  for (int i = 0; i < 100000; ++i) log.append("");
  EXPECT_EQ(log.payload(99999), "");
  EXPECT_GE(log.bytes(), 400000u) << "the bound on memory must see them";
}

TEST(LaneLogTest, ManyInARowAreTheSameAsOneByOne) {
  LaneLog log = filled(5000);
  log.forget_below(7);
  std::uint64_t next = 7;
  const auto take = [&](std::uint64_t rank, std::string_view bytes) {
    EXPECT_EQ(rank, next);
    EXPECT_EQ(bytes, payload(rank));
    ++next;
    return true;
  };
  EXPECT_EQ(log.each(7, 5000, take), 5000u);
  EXPECT_EQ(next, 5000u);
  EXPECT_EQ(log.each(20, 20, [](auto, auto) { return false; }), 20u);
  EXPECT_EQ(log.each(20, 4000, [](std::uint64_t rank, auto) { return rank < 3000; }), 3000u);
}

TEST(LaneLogTest, ACopyIsEqualAndIndependent) {
  LaneLog log = filled(500);
  log.forget_below(100);
  LaneLog copy = log;
  EXPECT_EQ(copy.bytes(), log.bytes());
  log.forget_below(400);
  log.append("only here");
  copy.append("only there");
  EXPECT_EQ(copy.first(), 100u);
  EXPECT_EQ(copy.payload(100), payload(100));
  EXPECT_EQ(copy.payload(500), "only there");
  EXPECT_EQ(log.payload(500), "only here");
  copy = LaneLog();
  EXPECT_EQ(copy.bytes(), 0u);
}

}  // namespace
}  // namespace tributary::journal
