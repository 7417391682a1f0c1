#include "redis/glob.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

TEST(GlobTest, MatchesAsRedisDoes) {
  EXPECT_TRUE(glob_matches("orders", "orders"));
  EXPECT_FALSE(glob_matches("orders", "orders2"));
  EXPECT_TRUE(glob_matches("orders.*", "orders."));
  EXPECT_TRUE(glob_matches("orders.*", "orders.eu.1"));
  EXPECT_FALSE(glob_matches("orders.*", "order.1"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "x"));
  EXPECT_TRUE(glob_matches("__keyevent@*__:expired", "__keyevent@0__:expired"));
  EXPECT_FALSE(glob_matches("__keyevent@*__:expired", "__keyevent@0__:expire"));
  EXPECT_TRUE(glob_matches("*a*b*c", "xaxbxbxc"));
  EXPECT_FALSE(glob_matches("*a*b*c", "xaxbxbx"));
  EXPECT_TRUE(glob_matches("a?c", "abc"));
  EXPECT_FALSE(glob_matches("a?c", "ac"));
}

TEST(GlobTest, SetsAndEscapes) {
  EXPECT_TRUE(glob_matches("h[ae]llo", "hello"));
  EXPECT_FALSE(glob_matches("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_matches("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_matches("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_matches("h[a-c]llo", "hbllo"));
  EXPECT_TRUE(glob_matches("h[c-a]llo", "hbllo"));
  EXPECT_FALSE(glob_matches("h[a-c]llo", "hdllo"));
  EXPECT_TRUE(glob_matches("a\\*c", "a*c"));
  EXPECT_FALSE(glob_matches("a\\*c", "abc"));
  EXPECT_TRUE(glob_matches("[\\]]", "]"));
  EXPECT_TRUE(glob_matches("[a", "a"));
}

}  // namespace
}  // namespace tributary::redis
