#include "process/entries.hpp"

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

std::string arguments(std::initializer_list<std::string_view> list) {
  std::string bytes;
  for (const auto argument : list) redis::append_argument(bytes, argument);
  return bytes;
}

class EntryRunsTest : public testing::Test {
 protected:
  void plain(std::string_view id, std::string_view consumer, std::string_view position) {
    const Fields members{{"message_id", id}};
    runs_.append({id, members, {}, {}, consumer, kStamp, position});
  }
  void general(const Fields& members, const Fields& additions) {
    runs_.append({"x", members, {}, {}, "c1", additions, "7.a:1"});
  }
  std::string bytes() {
    runs_.finish();
    return std::string(runs_.bytes());
  }

  EntryRuns runs_;
};

TEST_F(EntryRunsTest, NothingIsNothing) {
  EXPECT_EQ(bytes(), "");
  EXPECT_EQ(runs_.arguments(), 0U);
  EXPECT_EQ(runs_.entries(), 0U);
}

TEST_F(EntryRunsTest, PlainEntriesShareOneTemplateRun) {
  plain("m1", "c1", "7.a:1");
  plain("m\r\n2", "c1", "7.a:2");
  EXPECT_EQ(runs_.arguments(), 8U);
  EXPECT_EQ(bytes(),
            "$1\r\nt\r\n$6\r\n000002\r\n$10\r\nmessage_id\r\n$2\r\nc1\r\n"
            "$2\r\nm1\r\n$5\r\n7.a:1\r\n"
            "$4\r\nm\r\n2\r\n$5\r\n7.a:2\r\n");
  EXPECT_EQ(runs_.arguments(), 8U);
  EXPECT_EQ(runs_.appended(), 2U);
}

TEST_F(EntryRunsTest, OneRunOfPlainEntriesIsTakenForOne) {
  const std::string one = "$1\r\nt\r\n$6\r\n000002\r\n$1\r\nf\r\n$1\r\nc\r\n";
  EXPECT_EQ(plain_run(one, 8, 2), "$1\r\nf\r\n$1\r\nc\r\n");
  EXPECT_EQ(plain_run(one, 10, 3), "") << "another run comes behind it";
  EXPECT_EQ(plain_run(one, 14, 2), "") << "the same, and it is more than was asked for";
  EXPECT_EQ(plain_run("$1\r\ng\r\n$6\r\n000002\r\n", 8, 2), "");
  EXPECT_EQ(plain_run("", 0, 0), "");
}

TEST_F(EntryRunsTest, AnotherConsumerStartsAnotherTemplateRun) {
  plain("m1", "c1", "7.a:1");
  plain("m2", "c2", "7.a:2");
  EXPECT_EQ(bytes(), arguments({"t", "000001", "message_id", "c1", "m1", "7.a:1", "t", "000001", "message_id",
                                "c2", "m2", "7.a:2"}));
  EXPECT_EQ(runs_.arguments(), 12U);
}

TEST_F(EntryRunsTest, GeneralEntriesHoldMembersConsumerAdditionsPosition) {
  general({{"a", ""}, {"message_id", "x"}, {"\0\r\n"s, "\0"s}}, kStamp);
  general({{"message_id", "x"}}, {});
  EXPECT_EQ(runs_.arguments(), 2U + 13U + 7U);
  EXPECT_EQ(bytes(),
            arguments({"g",           "000002",  //
                       "12",          "a",          "",         "message_id",  "x",  "\0\r\n"s,  "\0"s,
                       "consumer_id", "c1",                               //
                       "processed",   "1",          "position", "7.a:1",  //
                       "6",           "message_id", "x",        "consumer_id", "c1", "position", "7.a:1"}));
}

TEST_F(EntryRunsTest, AnythingButTheExactTemplateIsGeneral) {
  const Fields id{{"message_id", "x"}};
  const std::pair<Fields, Fields> others[] = {
      {id, {}},
      {id, {{"processed", "2"}}},
      {id, {{"done", "1"}}},
      {id, {{"processed", "1"}, {"more", "1"}}},
      {{{"message_id", "x"}, {"a", "1"}}, kStamp},
  };
  for (const auto& [members, additions] : others) {
    runs_.clear();
    general(members, additions);
    EXPECT_EQ(bytes().substr(0, 7), "$1\r\ng\r\n");
  }
}

TEST_F(EntryRunsTest, MembersNamedLikeOursAreRenamed) {
  general({{"position", "1"},
           {"consumer_id", "2"},
           {"processed", "3"},
           {"message_id", "x"},
           {"message.position", "4"},
           {"message.message.processed", "5"},
           {"message.other", "6"},
           {"message.", "7"},
           {"Position", "8"}},
          kStamp);
  EXPECT_EQ(bytes(), arguments({"g",
                                "000001",
                                "24",  //
                                "message.position",
                                "1",
                                "message.consumer_id",
                                "2",  //
                                "message.processed",
                                "3",
                                "message_id",
                                "x",  //
                                "message.message.position",
                                "4",  //
                                "message.message.message.processed",
                                "5",  //
                                "message.other",
                                "6",
                                "message.",
                                "7",
                                "Position",
                                "8",  //
                                "consumer_id",
                                "c1",
                                "processed",
                                "1",
                                "position",
                                "7.a:1"}));
}

TEST_F(EntryRunsTest, AMemberNamedProcessedStaysIfNothingAddsThat) {
  general({{"message_id", "x"}, {"processed", "0"}}, {{"done", "1"}});
  EXPECT_EQ(bytes(), arguments({"g", "000001", "10", "message_id", "x", "processed", "0", "consumer_id", "c1",
                                "done", "1", "position", "7.a:1"}));
}

TEST_F(EntryRunsTest, APayloadInPlaceOfTheMembers) {
  Entry entry;
  entry.payload = "\xff";
  entry.consumer_id = "c1";
  entry.additions = kStamp;
  entry.position = "7.a:1";
  runs_.append(entry);
  entry.message_id = "x";
  entry.channel = "orders";
  runs_.append(entry);
  EXPECT_EQ(bytes(),
            arguments({"t",      "000001",      "payload",    "c1",        "\xff",    "7.a:1",    "g",
                       "000001", "12",          "message_id", "x",         "payload", "\xff",     "channel",
                       "orders", "consumer_id", "c1",         "processed", "1",       "position", "7.a:1"}));
}

TEST_F(EntryRunsTest, AnIdFromAnotherMemberAndAMemberThatIsNamedLikeIt) {
  const Fields members{{"id", "x"}, {"message_id", "mine"}, {"channel", "theirs"}};
  Entry entry;
  entry.message_id = "x";
  entry.id_is_member = false;
  entry.members = members;
  entry.channel = "orders";
  entry.consumer_id = "c1";
  entry.position = "7.a:1";
  runs_.append(entry);
  EXPECT_EQ(bytes(), arguments({"g", "000001", "14", "message_id", "x", "id", "x", "message.message_id",
                                "mine", "message.channel", "theirs", "channel", "orders", "consumer_id", "c1",
                                "position", "7.a:1"}));
}

TEST_F(EntryRunsTest, WithIdsTheCommitKnowsThatOfWhateverItAppends) {
  runs_ = EntryRuns(true);
  plain("m1", "c1", "7.a:1");
  general({{"a", "b"}}, {{"message_id", "another"}});
  Entry nameless;
  nameless.consumer_id = "c1";
  nameless.position = "7.a:3";
  runs_.append(nameless);
  EXPECT_EQ(bytes(), arguments({"t",           "000001",  "message_id", "c1",    "m1", "7.a:1",       "u",
                                "000001",      "x",       "8",          "a",     "b",  "consumer_id", "c1",
                                "message_id",  "another", "position",   "7.a:1", "g",  "000001",      "4",
                                "consumer_id", "c1",      "position",   "7.a:3"}));
}

TEST_F(EntryRunsTest, SkippedOnesHaveTheirIds) {
  runs_.skip("x", "7.a:1");
  runs_.skip("y", "7.a:2");
  EXPECT_EQ(bytes(), arguments({"s", "000002", "x", "7.a:1", "y", "7.a:2"}));
  EXPECT_EQ(runs_.skipped(), 2U);
  EXPECT_EQ(runs_.entries(), 2U);
  EXPECT_EQ(runs_.arguments(), 6U);
}

TEST_F(EntryRunsTest, DeadLetters) {
  runs_.dead({std::nullopt, "\xff\0\r\n"s, "invalid UTF-8", 0, "c1", "7.a:1", {}});
  runs_.dead({"x", "{}", "failed", 4, "c1", "7.a:2", {}});
  EXPECT_EQ(runs_.arguments(), 2U + 11U + 13U);
  EXPECT_EQ(bytes(), arguments({"d",        "000002",                                                 //
                                "10",       "payload",    "\xff\0\r\n"s, "reason",  "invalid UTF-8",  //
                                "attempts", "0",          "consumer_id", "c1",      "position",
                                "7.a:1",  //
                                "12",       "message_id", "x",           "payload", "{}",
                                "reason",   "failed",  //
                                "attempts", "4",          "consumer_id", "c1",      "position",
                                "7.a:2"}));
  EXPECT_EQ(runs_.dead_lettered(), 2U);
}

TEST_F(EntryRunsTest, RunsAlternateInOrder) {
  plain("m1", "c1", "7.a:1");
  runs_.drop("7.a:2");
  runs_.drop("7.a:3");
  plain("m4", "c1", "7.a:4");
  runs_.dead({std::nullopt, "", "empty payload", 0, "c1", "7.a:5", {}});
  EXPECT_EQ(bytes(),
            arguments({"t",        "000001", "message_id",  "c1",      "m1",       "7.a:1",  "n",
                       "000002",   "7.a:2",  "7.a:3",                                        //
                       "t",        "000001", "message_id",  "c1",      "m4",       "7.a:4",  //
                       "d",        "000001", "10",          "payload", "",         "reason", "empty payload",
                       "attempts", "0",      "consumer_id", "c1",      "position", "7.a:5"}));
  EXPECT_EQ(runs_.arguments(), 6U + 4U + 6U + 13U);
  EXPECT_EQ(runs_.appended(), 2U);
  EXPECT_EQ(runs_.dropped(), 2U);
  EXPECT_EQ(runs_.dead_lettered(), 1U);
  EXPECT_EQ(runs_.entries(), 5U);
}

TEST_F(EntryRunsTest, FinishTwiceAndGoOn) {
  plain("m1", "c1", "7.a:1");
  const auto first = bytes();
  EXPECT_EQ(bytes(), first);
  plain("m2", "c1", "7.a:2");
  EXPECT_EQ(bytes(), first + arguments({"t", "000001", "message_id", "c1", "m2", "7.a:2"}));
}

TEST_F(EntryRunsTest, ClearForgetsEverythingAlsoAnOpenRun) {
  plain("m1", "c1", "7.a:1");
  runs_.drop("7.a:2");
  runs_.clear();
  EXPECT_EQ(runs_.arguments(), 0U);
  EXPECT_EQ(runs_.entries(), 0U);
  EXPECT_EQ(runs_.size(), 0U);
  plain("m3", "c1", "7.a:3");
  EXPECT_EQ(bytes(), arguments({"t", "000001", "message_id", "c1", "m3", "7.a:3"}));
}

TEST_F(EntryRunsTest, LongRunsAndLargeArgumentsAreCountedRight) {
  const std::string large(10 << 20, 'x');
  for (int i = 0; i < 12'345; ++i) plain("m", "c1", "p");
  runs_.dead({std::nullopt, large, "r", 0, "c", "p", {}});
  EXPECT_EQ(runs_.arguments(), 4U + 2U * 12'345U + 13U);
  const auto all = bytes();
  EXPECT_EQ(all.substr(0, 44), "$1\r\nt\r\n$6\r\n012345\r\n$10\r\nmessage_id\r\n$2\r\nc1\r\n");
  EXPECT_NE(all.find("$10485760\r\nxxx"), std::string::npos);
}

}  // namespace
}  // namespace tributary::process
