#include "process/recent_ids.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tributary::process {
namespace {

TimeMs present = 1000;

class RecentIdsTest : public testing::Test {
 protected:
  void add(const std::string& id) { recent_.add({RecentIds::hash(id)}); }
  RecentIds recent_{500, [] { return present; }};
};

TEST_F(RecentIdsTest, KnowsWhatItWasToldForAWhile) {
  EXPECT_FALSE(recent_.contains("x"));
  EXPECT_FALSE(recent_.contains(""));
  add("x");
  add("");
  EXPECT_TRUE(recent_.contains("x"));
  EXPECT_TRUE(recent_.contains(""));
  EXPECT_FALSE(recent_.contains("y"));
  present += 499;
  EXPECT_TRUE(recent_.contains("x"));
  add("y");
  present += 1;
  EXPECT_FALSE(recent_.contains("x"));
  EXPECT_TRUE(recent_.contains("y"));
}

TEST_F(RecentIdsTest, ForgetsWhateverItMust) {
  for (int i = 0; i < 200'000; ++i) add(std::to_string(i));
  int known = 0;
  for (int i = 0; i < 200'000; ++i) known += recent_.contains(std::to_string(i)) ? 1 : 0;
  EXPECT_GT(known, 30'000);
  EXPECT_LE(known, 1 << 16);
  recent_.clear();
  EXPECT_FALSE(recent_.contains("199999"));
}

}  // namespace
}  // namespace tributary::process
