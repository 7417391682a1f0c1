#include "process/order_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/journal/key_slots.hpp"
#include "tributary/message.hpp"

namespace tributary::process {
namespace {

std::string key(const std::string& name, const std::string& payload, const std::string& channel = "c") {
  const auto padded = payload + std::string(kPayloadPadding, '}');
  OrderKey order(name);
  const auto found = order.key_of({padded.data(), payload.size()}, channel);
  return found ? std::string(*found) : "none";
}

TEST(OrderKeyTest, IsAMemberOrWhatAPointerNamesOrTheChannel) {
  EXPECT_EQ(key("user", R"({"message_id":"1","user":"ann"})"), "ann");
  EXPECT_EQ(key("user", R"({"user":17})"), "17") << "no id is needed";
  EXPECT_EQ(key("/meta/user", R"({"meta":{"user":"bob"}})"), "bob");
  EXPECT_EQ(key("channel", "anything", "orders"), "orders");
  EXPECT_EQ(key("/channel", R"({"channel":"mine"})", "orders"), "mine");
}

TEST(OrderKeyTest, TheSameKeyMayBeWrittenInSeveralWays) {
  EXPECT_EQ(key("user", R"({"user":"a\u006en"})"), "ann");
  EXPECT_EQ(key("user", R"( {"other":[1,{"user":"no"}], "user" : "ann"} )"), "ann");
}

TEST(OrderKeyTest, WithoutAKeyThereIsNoSlot) {
  for (const auto* payload :
       {R"({"message_id":"1"})", R"({"user":null})", R"({"user":{"a":1}})", "no JSON", ""}) {
    const auto padded = std::string(payload) + std::string(kPayloadPadding, ' ');
    OrderKey order("user");
    EXPECT_EQ(order.slot_of({padded.data(), std::string_view(payload).size()}, "c"), journal::kNoKey)
        << payload;
  }
}

}  // namespace
}  // namespace tributary::process
