// Presence: who is there, until when, and what becomes of what is left of others.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using PresenceScript = ScriptsTest;

TEST_F(PresenceScript, LastsALeaseFromTheLastSignOfLife) {
  join("a", {.lease = "20000"});
  EXPECT_GT(left_ms("a"), 15'000);
  EXPECT_LE(left_ms("a"), 20'000);
  beat("a", {.lease = "50000"});
  EXPECT_GT(left_ms("a"), 45'000);
  EXPECT_LE(left_ms("a"), 50'000);
}

TEST_F(PresenceScript, TheLeaderRemovesWhatIsPastItsDeadlineAndNobodyElseDoes) {
  for (const auto* member : {"a", "b", "c"}) join(member);
  EXPECT_EQ(beat("a")[2], "a");
  let_lapse("c");
  beat("b");
  EXPECT_TRUE(has_presence("c"));
  EXPECT_THAT(beat("a")[4], HasSubstr("c/1/3/0/0"));
  EXPECT_FALSE(has_presence("c"));
  EXPECT_TRUE(has_presence("b"));
  EXPECT_THAT(beat("c")[4], HasSubstr("c/1/3/0/1")) << "it was only late";
  EXPECT_TRUE(has_presence("c"));
}

TEST_F(PresenceScript, WhatIsNoRecordIsNobodysAndIsRemoved) {
  join("a");
  for (const auto* text : {"", "x", "9999999999999", "-1 1 - - ////// -"})
    redis_.command({"HSET", key("members"), "stray" + std::string(text), text});
  EXPECT_EQ(beat("a")[0], "ok");
  EXPECT_THAT(list({"HKEYS", key("members")}), ElementsAre("a"));
}

TEST_F(PresenceScript, ALateBeatOfWhoIsNoMemberAnyMoreBringsNothingBack) {
  join("a");
  join("b");
  let_lapse("b");
  install("a", view(), "a/1");
  beat("a");
  EXPECT_EQ(beat("b")[0], "nomember");
  EXPECT_FALSE(has_presence("b"));
}

// As if the server's clock had been set back by hours since the others wrote.
TEST_F(PresenceScript, AClockSetBackKeepsNobodyForLongerThanALease) {
  for (const auto* member : {"a", "dead", "leader"}) join(member);
  EXPECT_EQ(beat("leader")[2], "leader");
  for (const auto* member : {"dead", "leader"}) {
    const auto record = redis_.text({"HGET", key("members"), member});
    redis_.command({"HSET", key("members"), member, "9999999999999" + record.substr(record.find(' '))});
  }
  EXPECT_THAT(beat("a", {.lease = "30000"})[4], HasSubstr("dead/1/2/0/1")) << "nobody is suspected for it";
  for (const auto* member : {"dead", "leader"}) EXPECT_LE(left_ms(member), 30'000);
  EXPECT_EQ(status()["member:dead:floor"], "0") << "and what they told still holds";
  let_lapse("leader");
  EXPECT_EQ(beat("a")[2], "a") << "whatever is left of the key with the lease";
}

TEST_F(PresenceScript, OfAServerThatWasStoppedForLongTheFirstBeatCounts) {
  for (const auto* member : {"a", "b"}) join(member);
  beat("a");
  for (const auto* member : {"a", "b"}) let_lapse(member);
  redis_.command({"DEL", key("leader")});
  EXPECT_THAT(beat("b")[4], "a/1/1/0/0,b/1/2/0/1");
  EXPECT_EQ(install("b", view(), "b/1")[0], "ok") << "only the leader's patience protects a";
  EXPECT_EQ(join("c")[2], "b/1/2/0,c/1/3/0");
}

TEST_F(PresenceScript, KeepsWhatIsToldWhateverIsInIt) {
  join("a");
  const std::string kept = "2 messages: \"x\ny\" 9 1 - - ////// 1-4 \t|\xff";
  beat("a", {.active = "1",
             .presence = {"kept", kept, "why", "", "host", "h 1", "capacity", "3", "holds", "1.a:0+1.b:1"}});
  auto told = status();
  EXPECT_EQ(told["member:a:kept"], "2 messages: \"x y\" 9 1 - - ////// 1-4 \t|\xff");
  EXPECT_EQ(told["member:a:host"], "h 1");
  EXPECT_EQ(told["member:a:capacity"], "3");
  EXPECT_EQ(told["member:a:view"], view());
  EXPECT_EQ(told.count("member:a:why"), 0U);
  EXPECT_THAT(beat("a", {.presence = {"holds", "1.a:0+1.b:1"}})[6], "///7///1.a:0+1.b:1/");
}

TEST_F(PresenceScript, AFinishedLeaverKeepsWhatItToldWhileItStays) {
  join("a");
  beat("a", {.gaps = "1.v1:0:5", .presence = {"host", "h"}});
  leave("a");
  leave("a", {.step = kDrained, .floor = "7"});
  EXPECT_EQ(floor_of("a"), "7");
  EXPECT_EQ(status()["member:a:host"], "h");
  EXPECT_EQ(status()["member:a:gaps"], "-");
}

TEST_F(PresenceScript, NothingIsLeftWhenAllHaveLeft) {
  join("a");
  beat("a", {.active = "1"});
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  leave("a", {.step = kAtOnce});
  EXPECT_EQ(redis_.integer({"EXISTS", key("members"), key("leader"), "list", "list:group"}), 0);
}

TEST_F(PresenceScript, TheSetOfVersion1GoesWithItsGroup) {
  join("a");
  leave("a", {.step = kAtOnce});
  redis_.command({"SADD", key("members"), "died"});
  EXPECT_THAT(join("b"), ElementsAre("wrongtype", key("members"), "set", "hash"))
      << "not in a group of this version";
  redis_.command({"HSET", key("state"), "protocol", "1"});
  EXPECT_EQ(join("b")[0], "ok");
  EXPECT_THAT(list({"HKEYS", key("members")}), ElementsAre("b"));
}

}  // namespace
}  // namespace tributary::test
