#include "redis/group_names.hpp"

#include <gtest/gtest.h>

#include "redis/hash_slot.hpp"

namespace tributary::redis {
namespace {

TEST(GroupNames, AreThePlainOnesOutsideOfAClusterWhateverTheTag) {
  const auto names = group_names("a{b}", "ids", false);
  EXPECT_EQ(names.dead_letter_stream, "a{b}:dead");
  EXPECT_EQ(names.consumers_list, "ids");
}

TEST(GroupNames, FallIntoOneSlotInACluster) {
  for (const auto* const stream : {"messages:processed", "{orders}:processed", "a{b}c", "x"}) {
    for (const auto* const list : {"consumer:ids", "{orders}:ids", "{b}"}) {
      const auto names = group_names(stream, list, true);
      const auto slot = hash_slot(stream);
      EXPECT_EQ(hash_slot(names.dead_letter_stream), slot) << stream;
      EXPECT_EQ(hash_slot(names.consumers_list), slot) << stream << " " << list;
      EXPECT_EQ(hash_slot(names.consumers_list + ":group"), slot) << stream << " " << list;
    }
  }
  EXPECT_EQ(group_names("out", "consumer:ids", true).dead_letter_stream, "{out}:dead");
  EXPECT_EQ(group_names("out", "consumer:ids", true).consumers_list, "{out}:consumer:ids");
  EXPECT_EQ(group_names("{a}out", "consumer:ids", true).consumers_list, "{a}:consumer:ids");
  EXPECT_EQ(group_names("{a}out", "{a}ids", true).consumers_list, "{a}ids");
}

TEST(GroupNames, OfBracesThatAreNoTagAreRefused) {
  EXPECT_FALSE(wrong_in_cluster("out"));
  EXPECT_FALSE(wrong_in_cluster("{a}:out"));
  for (const auto* const bad : {"a}b", "a{b", "{}a", "}{"}) EXPECT_TRUE(wrong_in_cluster(bad)) << bad;
}

}  // namespace
}  // namespace tributary::redis
