#include "cli/audit/entry_key.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

std::string key(const std::string& name, std::initializer_list<const char*> texts) {
  std::vector<redis::Reply> fields;
  for (const auto* text : texts) {
    redis::Reply reply;
    reply.type = redis::Reply::Type::string;
    reply.text = text;
    fields.push_back(std::move(reply));
  }
  EntryKey keys(name);
  const auto found = keys.of(fields);
  return found ? std::string(*found) : "none";
}

TEST(EntryKeyTest, IsFoundWhereverTheEntryHasIt) {
  EXPECT_EQ(key("user", {"message_id", "1", "user", "ann", "position", "1.x:1"}), "ann");
  EXPECT_EQ(key("/user", {"user", "ann"}), "ann");
  EXPECT_EQ(key("/meta/user", {"meta", R"({"user":"bob"})"}), "bob");
  EXPECT_EQ(key("user", {"payload", R"({"user":"eve"})"}), "eve");
  EXPECT_EQ(key("/meta/user", {"payload", R"({"meta":{"user":7}})"}), "7");
  EXPECT_EQ(key("channel", {"channel", "orders"}), "orders");
  EXPECT_EQ(key("channel", {"message_id", "1"}), "") << "there is one channel";
  EXPECT_EQ(key("user", {"message_id", "1"}), "none");
  EXPECT_EQ(key("user", {"user", "null"}), "none");
  EXPECT_EQ(key("/a~1b", {"a/b", "c"}), "c");
  EXPECT_EQ(key("user", {"user", "added by a processor", "message.user", "ann"}), "ann");
  EXPECT_EQ(key("/channel", {"message.channel", "mine", "channel", "orders"}), "mine");
  EXPECT_EQ(key("/meta/user", {"meta", "text"}), "none");
}

}  // namespace
}  // namespace tributary::cli
