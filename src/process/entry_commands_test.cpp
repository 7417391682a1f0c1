#include "process/entry_commands.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "redis/command.hpp"

namespace tributary::process {
namespace {

using namespace std::string_literals;
using Fields = std::vector<Field>;

const Fields kStamp{{"processed", "1"}};

class EntryCommandsTest : public testing::Test {
 protected:
  void plain(std::string_view id, std::string_view consumer, std::string_view position) {
    const Fields members{{"message_id", id}};
    commands_.append({id, members, {}, {}, consumer, kStamp, position});
  }
  void expect(std::initializer_list<std::string_view> command) { redis::append_command(expected_, command); }

  std::string expected_;
  EntryCommands commands_{"out", "dead"};
};

TEST_F(EntryCommandsTest, APlainEntryIsAnXaddOfFourFields) {
  plain("m\r\n1", "c1", "7.a:1");
  plain("m2", "c2", "7.a:2");
  plain("m3", "", "7.a:3");
  const auto one = [&](std::string_view id, std::string_view consumer, std::string_view position) {
    expect({"XADD", "out", "*", "message_id", id, "consumer_id", consumer, "processed", "1", "position",
            position});
  };
  one("m\r\n1", "c1", "7.a:1");
  one("m2", "c2", "7.a:2");
  one("m3", "", "7.a:3");
  EXPECT_EQ(commands_.bytes(), expected_);
  EXPECT_EQ(commands_.commands(), 3U);
  EXPECT_EQ(commands_.appended().first_position, "7.a:1");
  EXPECT_EQ(commands_.appended().last_position, "7.a:3");
}

TEST_F(EntryCommandsTest, OtherEntriesHaveAllTheirFieldsInOrder) {
  const auto zero = "\0"s;
  const Fields members{{"a", zero}, {"message_id", "x"}, {"position", "mine"}, {"extra", ""}};
  const Fields additions{{"extra", "2"}};
  commands_.append({"x", members, {}, {}, "c1", additions, "7.a:1"});
  expect({"XADD", "out", "*", "a", zero, "message_id", "x", "message.position", "mine", "message.extra", "",
          "consumer_id", "c1", "extra", "2", "position", "7.a:1"});
  EXPECT_EQ(commands_.bytes(), expected_);
}

TEST_F(EntryCommandsTest, DeadLettersGoToTheirOwnStreamAndWhatIsDroppedNowhere) {
  plain("m1", "c1", "7.a:1");
  commands_.dead({std::nullopt, "junk", "not JSON", 0, "c1", "7.a:2", {}});
  commands_.dead({"m3", "{}", "failed", 4, "c1", "7.a:3", {}});
  commands_.drop("7.a:4");
  EXPECT_EQ(commands_.appended().count, 1U);
  EXPECT_EQ(commands_.appended().last_position, "7.a:1");
  EXPECT_EQ(commands_.dead_lettered().count, 2U);
  EXPECT_EQ(commands_.dead_lettered().first_position, "7.a:2");
  EXPECT_EQ(commands_.dead_lettered().last_position, "7.a:3");
  commands_.clear();
  EXPECT_EQ(commands_.commands(), 0U);
  EXPECT_EQ(commands_.bytes(), "");
  commands_.dead({"m3", "{}", "failed", 4, "c1", "7.a:3", {}});
  expect({"XADD", "dead", "*", "message_id", "m3", "payload", "{}", "reason", "failed", "attempts", "4",
          "consumer_id", "c1", "position", "7.a:3"});
  EXPECT_EQ(commands_.bytes(), expected_);
}

}  // namespace
}  // namespace tributary::process
