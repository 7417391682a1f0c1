// beat.lua: signs of life, ticks, lengths, digests, and what everybody is told.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using BeatScript = ScriptsTest;

TEST_F(BeatScript, AnswersWithViewLeaderMembersAndOpenLanes) {
  join("a");
  join("b");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}), true);
  auto answer = beat("a");
  ASSERT_GE(answer.size(), 6u);
  answer.resize(6);
  EXPECT_THAT(answer, ElementsAre("ok", "2.v2", "a", "0", "a/1/1/0/1,b/1/2/0/1",
                                  "1.v1:0:-:1:- 2.v2:0:a:0:- 2.v2:1:b:0:-"));
  EXPECT_EQ(redis_.text({"GET", key("leader")}), "a");
  let_lapse("b");
  EXPECT_EQ(beat("a")[4], "a/1/1/0/1,b/1/2/0/0");
  EXPECT_THAT(beat("b")[2], "a") << "the lease is taken";
  EXPECT_EQ(status()["member:b:backlog"], "7") << "presence is put back";
  EXPECT_EQ(floor_of("b"), "1000");
  EXPECT_GT(left_ms("b"), 0);
}

TEST_F(BeatScript, OnlyTheLeaderTicksAndAMemberWhoseTicksLagIsRefused) {
  join("a");
  join("b");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  beat("a");
  beat("b", {.publishes = true});
  EXPECT_FALSE(subscriber.receive(50ms));
  EXPECT_EQ(beat("a", {.publishes = true})[3], "1");
  EXPECT_EQ(subscriber.receive(kPatience)->elements.at(2).text,
            "tributary/1 tick " + nonce_ + " 1 " + identity());
  for (int i = 0; i < 4; ++i) beat("a", {.publishes = true});
  EXPECT_THAT(beat("b", {.tick = "0"}), ElementsAre("stale", "5"));
  EXPECT_EQ(beat("b", {.tick = "1"})[0], "ok") << "four ticks behind is within a lease";
}

TEST_F(BeatScript, BeatsKeepTheConsumersListAliveAndPutItBack) {
  join("a", {.weight = 2});
  redis_.command({"PEXPIRE", "list", "100000"});
  redis_.command({"PEXPIRE", "list:group", "100000"});
  beat("a");
  EXPECT_LE(redis_.integer({"PTTL", "list"}), 60000);
  EXPECT_LE(redis_.integer({"PTTL", "list:group"}), 60000);
  for (const auto* lost : {"list", "list:group"}) {
    redis_.command({"DEL", lost});
    beat("a");
    EXPECT_THAT(consumers(), ElementsAre("a.1", "a.2"));
    EXPECT_EQ(redis_.text({"GET", "list:group"}), "out");
    EXPECT_GT(redis_.integer({"PTTL", lost}), 0);
  }
}

TEST_F(BeatScript, AListThatAnotherGroupTookMeanwhileIsLeftAlone) {
  join("a");
  redis_.command({"DEL", "list"});
  redis_.command({"RPUSH", "list", "x.1", "x.2"});
  redis_.command({"SET", "list:group", "theirs"});
  EXPECT_EQ(beat("a")[0], "ok");
  EXPECT_EQ(leave("a")[0], "leaving");
  EXPECT_THAT(consumers(), ElementsAre("x.1", "x.2"));
  EXPECT_EQ(redis_.text({"GET", "list:group"}), "theirs");
}

TEST_F(BeatScript, LengthsTellEveryLaneItsEndAndCloseWhatIsThere) {
  join("a");
  join("b");
  join("c");
  commit("a", "2.v2:0", 0, entries("2.v2", {1, 3}));
  beat("a", {.lengths = "2.v2:4:3/4,9.zz:5:5"});
  EXPECT_EQ(field("length:2.v2"), "4");
  EXPECT_EQ(field("length:9.zz"), "") << "a view that is not known";
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:2.v2:0"}), 0);
  EXPECT_EQ(lane("2.v2", 1), "b 0 4");
  beat("a", {.lengths = "2.v2:2:1/2"});
  EXPECT_EQ(lane("2.v2", 1), "b 0 4") << "told once";
  beat("a", {.lengths = view() + ":2:1/2/0"});
  EXPECT_EQ(lane(view(), 0), "a 0 -") << "the current view has no end";
  EXPECT_THAT(commit("b", "2.v2:1", 0, entries("2.v2", {2, 4})), ElementsAre("ok", "4"));
  beat("a");
  EXPECT_EQ(field("view:2.v2"), "") << "forgotten once closed";
  EXPECT_EQ(field("length:2.v2"), "");
  expect_positions_match();
}

TEST_F(BeatScript, TheHighestPositionReportedNeverGoesBack) {
  join("a");
  beat("a", {.highest = "1.v1:100"});
  beat("a", {.highest = "1.v1:99"});
  beat("a", {.highest = "9.zz:5"});
  EXPECT_EQ(field("highest:1.v1"), "100");
  EXPECT_EQ(field("highest:9.zz"), "");
}

TEST_F(BeatScript, OfTwoThatCountedDifferentlyTheYoungerIsExpelled) {
  for (const bool younger_beats_last : {true, false}) {
    redis_.command({"FLUSHALL"});
    join("old");
    join("young");
    const auto current = view();
    const Words order = younger_beats_last ? Words{"old", "young"} : Words{"young", "old"};
    EXPECT_EQ(beat(order[0], {.counted = "3/" + current + "/10/aaaa"})[0], "ok");
    EXPECT_EQ(beat(order[0], {.counted = "3/" + current + "/10/aaaa"})[0], "ok") << "the same again";
    EXPECT_EQ(beat(order[1], {.counted = "4/" + current + "/11/bbbb"})[0], "ok") << "another tick";
    const auto answer = beat(order[1], {.counted = "3/" + current + "/10/bbbb"});
    EXPECT_EQ(answer[0], younger_beats_last ? "nomember" : "ok");
    const auto told = younger_beats_last ? answer : beat("young");
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[0], "nomember");
    EXPECT_THAT(told[1], HasSubstr("differ from those of old"));
    EXPECT_NE(view(), current);
    EXPECT_EQ(field("view:" + view()), identity() + " old/1/1/0");
    EXPECT_THAT(losses(), testing::Contains("digest mismatch"));
    EXPECT_THAT(consumers(), ElementsAre("old.1"));
    EXPECT_THAT(beat("old")[5], HasSubstr(view() + ":0:old:0:-"));
    EXPECT_FALSE(has_presence("young"));
  }
}

TEST_F(BeatScript, TheSameCountAndDigestExpelsNobodyAndTheirNumberIsBounded) {
  join("a");
  join("b");
  for (int tick = 1; tick < 20; ++tick) {
    for (const auto* member : {"a", "b"}) {
      EXPECT_EQ(beat(member, {.counted = std::to_string(tick) + "/" + view() + "/5/abcd"})[0], "ok");
    }
  }
  EXPECT_LE(split_words(field("digests"), ',').size(), 4u);
}

TEST_F(BeatScript, AnswersWithFiguresAndTheDesiredState) {
  join("a");
  desire("me@here", "-", {"consumers", "7"});
  const auto answer =
      beat("a", {.presence = {"capacity", "4", "received", "9", "committed", "8", "busy", "0.5"}});
  ASSERT_EQ(answer.size(), 16u);
  EXPECT_EQ(answer[6], "4/9/8/7/0.5///");
  EXPECT_EQ(answer[7], "1");
  EXPECT_EQ(Words(answer.begin() + 8, answer.end()), (Words{"", "", "7", "", "", "", "", "me@here"}));
}

TEST_F(BeatScript, ByKeysTellsUpToWhichViewNobodyHoldsWhatTheServerLost) {
  join("a", {.fingerprint = "keyed print"});
  EXPECT_EQ(beat("a")[7], "1");
  join("b", {.fingerprint = "keyed print", .holds = "7.x"});
  EXPECT_EQ(beat("a")[7], "0") << "b may hold anything";
  beat("b", {.presence = {"lost", "7"}});
  join("c", {.highest = "8", .fingerprint = "keyed print"});
  EXPECT_EQ(beat("a")[7], "7");
  beat("b");
  EXPECT_EQ(beat("a")[7], "9");
}

TEST_F(BeatScript, GoesOnWithoutAReadableDesiredState) {
  join("a");
  redis_.command({"SET", key("desired"), "mine"});
  const auto answer = beat("a");
  ASSERT_EQ(answer.size(), 8u);
  EXPECT_EQ(answer[0], "ok");
}

TEST_F(BeatScript, GivesSignsOfLifeToConsumersOfTheViewThatMakeProgress) {
  join("a", {.weight = 3});
  Beating some;
  some.active = "1,3-4";
  beat("a", some);
  EXPECT_EQ(status()["consumers:a"], "2 2");
  some.active = "-";
  beat("a", some);
  EXPECT_EQ(status()["consumers:a"], "0 1,2,3") << "one that hangs is missed with the next beat";
  some.active = "1-3";
  beat("a", some);
  EXPECT_EQ(status()["consumers:a"], "3 -");
  let_lapse("a");
  EXPECT_EQ(status()["consumers:a"], "0 1,2,3") << "they live no longer than their node";
}

}  // namespace
}  // namespace tributary::test
