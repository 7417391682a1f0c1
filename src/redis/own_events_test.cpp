#include "redis/own_events.hpp"

#include <gtest/gtest.h>

#include "redis/group_keys.hpp"

namespace tributary::redis {
namespace {

TEST(OwnEventsTest, OfTheGroupsKeysAreKnown) {
  const auto own = [](std::string_view channel, std::string_view payload) {
    return is_own_event(channel, payload);
  };
  const auto key = group_prefix("out") + "member:x";
  EXPECT_TRUE(own("__keyevent@0__:expired", key));
  EXPECT_TRUE(own("__keyspace@12__:" + key, "expired"));
  EXPECT_FALSE(own("__keyevent@0__:expired", "session:1"));
  EXPECT_FALSE(own("__keyevent@0__:expired", "consumer:ids"))
      << "its name is not the same at all nodes for sure";
  EXPECT_FALSE(own("__keyspace@0__:session:1", "tributary:{"));
  EXPECT_FALSE(own("orders", key));
}

}  // namespace
}  // namespace tributary::redis
