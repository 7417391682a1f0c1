#include "redis/hash_slot.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

// As CLUSTER KEYSLOT says.
TEST(HashSlot, IsThatOfTheServer) {
  EXPECT_EQ(hash_slot("123456789"), 12739);
  EXPECT_EQ(hash_slot("foo"), 12182);
  EXPECT_EQ(hash_slot(""), 0);
  EXPECT_EQ(hash_slot("{user1000}.following"), 3443);
}

TEST(HashSlot, OnlyTheFirstTagCountsAndNoEmptyOne) {
  EXPECT_EQ(hash_tag("a{b}c{d}"), "b");
  EXPECT_EQ(hash_tag("a{}{b}"), "");
  EXPECT_EQ(hash_slot("a{}{b}"), hash_slot("a{}{b}"));
  EXPECT_NE(hash_slot("a{}{b}"), hash_slot("b"));
  EXPECT_EQ(hash_tag("{{a}b}"), "{a");
  EXPECT_EQ(hash_tag("a}b{c"), "");
  EXPECT_EQ(hash_slot("x{orders}y"), hash_slot("orders"));
}

}  // namespace
}  // namespace tributary::redis
