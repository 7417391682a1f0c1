#include "core/base/text.hpp"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(Text, NumbersHaveCommas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(Text, CountsOneThingOrSeveral) {
  EXPECT_EQ(count_of(0, "lane"), "0 lanes");
  EXPECT_EQ(count_of(1, "lane"), "1 lane");
  EXPECT_EQ(count_of(1203, "lane"), "1,203 lanes");
}

}  // namespace
}  // namespace tributary
