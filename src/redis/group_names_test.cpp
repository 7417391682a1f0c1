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
  EXPECT_FALSE(wrong_in_cluster("out", {}));
  EXPECT_FALSE(wrong_in_cluster("{a}:out", {}));
  for (const auto* const bad : {"a}b", "a{b", "{}a", "}{"}) EXPECT_TRUE(wrong_in_cluster(bad, {})) << bad;
}

TEST(GroupNames, ShardedChannelsNeedTheSlotOfTheGroup) {
  EXPECT_EQ(stream_of_sharded("orders"), "{orders}:processed");
  EXPECT_EQ(stream_of_sharded("{eu}orders"), "{eu}orders:processed");
  EXPECT_FALSE(wrong_in_cluster("{orders}:processed", {{"orders"}, {}, true}));
  EXPECT_FALSE(wrong_in_cluster("{eu}:out", {{"{eu}a", "{eu}b"}, {}, true}));
  EXPECT_FALSE(wrong_in_cluster("messages:processed", {{"orders"}, {}, false}))
      << "classic ones are anywhere";
  EXPECT_NE(wrong_in_cluster("messages:processed", {{"orders"}, {}, true})
                .value_or("")
                .find("call the stream {orders}:processed"),
            std::string::npos);
  EXPECT_NE(wrong_in_cluster("{a}:processed", {{"a", "b"}, {}, true}).value_or("").find("the same hash tag"),
            std::string::npos);
}

}  // namespace
}  // namespace tributary::redis
