#include "http/target.hpp"

#include <gtest/gtest.h>

namespace tributary::http {
namespace {

TEST(HttpTarget, IsReadInParts) {
  const auto target = parse_target("/api/group?group=a%3Ab+c&x&y=1%2");
  EXPECT_FALSE(target) << "the last escape is cut off";
  const auto good = parse_target("/api/gro%75p?group=a%3Ab+c&x&y==");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->path, "/api/group");
  EXPECT_EQ(good->query.at("group"), "a:b c");
  EXPECT_EQ(good->query.at("x"), "");
  EXPECT_EQ(good->query.at("y"), "=");
}

TEST(HttpTarget, IsNoUrlOfAnotherServer) {
  for (const auto* text : {"", "*", "http://x/", "x", "/%", "/%g1", "/%1"})
    EXPECT_FALSE(parse_target(text)) << text;
}

}  // namespace
}  // namespace tributary::http
