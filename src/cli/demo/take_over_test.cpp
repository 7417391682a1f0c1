#include "cli/demo/take_over.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

using Fields = std::vector<std::string>;

observe::GroupStatus reading(const std::string& members, const Fields& lanes) {
  Fields answer{"view", "2.b", "view:2.b", "r/x " + members};
  answer.insert(answer.end(), lanes.begin(), lanes.end());
  return observe::parse_group_status(answer);
}

const std::string kBoth = "dead/2/1/0,other/2/2/0";
const std::string kOther = "other/2/2/0";

TakeOver watch() {
  TakeOver watch(group::MemberId("dead"), 1000);
  watch.read(reading(kBoth, {"lane:1.a:0", "dead 50 -", "lane:1.a:1", "other 10 -"}), 1000);
  return watch;
}

TEST(TakeOver, IsNotOverWhileTheViewListsTheDead) {
  auto take_over = watch();
  take_over.read(reading(kBoth, {}), 2000);
  EXPECT_EQ(take_over.duration_ms(), std::nullopt);
}

TEST(TakeOver, IsNotOverWhileNobodyHasCommittedToItsLane) {
  auto take_over = watch();
  take_over.read(reading(kOther, {"lane:1.a:0", "dead 50 90"}), 2000);
  take_over.read(reading(kOther, {"lane:1.a:0", "- 50 90"}), 2100);
  take_over.read(reading(kOther, {"lane:1.a:0", "other 50 90"}), 2200);
  EXPECT_EQ(take_over.duration_ms(), std::nullopt);
}

TEST(TakeOver, IsOverWhenAnotherCommits) {
  auto take_over = watch();
  take_over.read(reading(kOther, {"lane:1.a:0", "other 60 90"}), 2500);
  take_over.read(reading(kOther, {}), 3000);
  EXPECT_EQ(take_over.duration_ms(), 1500);
}

TEST(TakeOver, IsOverWhenTheLaneIsClosed) {
  auto take_over = watch();
  take_over.read(reading(kOther, {"lane:1.a:1", "other 10 90"}), 3000);
  EXPECT_EQ(take_over.duration_ms(), 2000);
}

TEST(TakeOver, CountsWhatTheDeadCommittedLast) {
  auto take_over = watch();
  take_over.read(reading(kBoth, {"lane:1.a:0", "dead 70 -"}), 1100);
  take_over.read(reading(kOther, {"lane:1.a:0", "other 70 90"}), 2000);
  EXPECT_EQ(take_over.duration_ms(), std::nullopt);
  take_over.read(reading(kOther, {"lane:1.a:0", "other 71 90"}), 2100);
  EXPECT_EQ(take_over.duration_ms(), 1100);
}

}  // namespace
}  // namespace tributary::cli
