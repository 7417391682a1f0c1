// leave.lua: in good order, or at once.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using LeaveScript = ScriptsTest;

TEST_F(LeaveScript, GivesAViewWithoutWeightThenTakesTheMemberOff) {
  join("a", {.weight = 2});
  join("b", {.weight = 0});
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  beat("a");
  const auto answer = leave("a");
  EXPECT_THAT(answer, ElementsAre("leaving", view()));
  EXPECT_EQ(field("view:" + view()), identity() + " a/0/1/1,b/1/2/0") << "the other one gets weight";
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:" + view() + ":0"}), 0);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_TRUE(subscriber.receive(kPatience));
  EXPECT_THAT(leave("a"), ElementsAre("leaving", view())) << "again: the same view";
  EXPECT_EQ(view(), answer[1]);
  EXPECT_FALSE(subscriber.receive(50ms));
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("lanes"))
      << "b may not be alive, or not hear anything";
  beat("b");
  EXPECT_THAT(leave("a", {.step = kDrained, .reads = "1.v1"}), ElementsAre("lanes")) << "it may have more";
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("left"));
  EXPECT_EQ(view(), answer[1]) << "no new view";
  EXPECT_EQ(field("view:" + view()), identity() + " b/1/2/0");
  EXPECT_FALSE(has_presence("a"));
  EXPECT_EQ(redis_.integer({"EXISTS", key("leader")}), 0);
  EXPECT_EQ(lane(view(), 1), "b 0 -") << "lanes keep their index";
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("left"));
  EXPECT_THAT(leave("a"), ElementsAre("left"));
  EXPECT_FALSE(subscriber.receive(50ms));
}

TEST_F(LeaveScript, DrainedWithoutHavingAskedFirstIsNoLeave) {
  join("a");
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("leaving", "1.v1"));
  EXPECT_EQ(field("view:1.v1"), identity() + " a/1/1/0");
}

TEST_F(LeaveScript, TheLastOneKeepsItsLaneUntilACutAndLeavesWhenThatIsFinished) {
  join("a");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  EXPECT_THAT(leave("a"), ElementsAre("leaving", "1.v1")) << "no view: nobody else is there";
  EXPECT_EQ(field("view:1.v1"), identity() + " a/1/1/1");
  EXPECT_THAT(consumers(), ElementsAre("a.1"));
  EXPECT_FALSE(subscriber.receive(50ms));

  const auto cut = leave("a", {.step = kDrained, .lease = "1000", .floor = "1"});
  EXPECT_THAT(cut, ElementsAre("cut", view()));
  EXPECT_EQ(field("view:" + view()), identity() + " -");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text, HasSubstr(" " + view() + " 1.v1 "));
  EXPECT_THAT(consumers(), IsEmpty());
  EXPECT_EQ(lane("1.v1", 0), "a 0 -") << "what came before the cut is still its";
  EXPECT_EQ(floor_of("a"), "1") << "and it is known to hold it";
  EXPECT_EQ(redis_.integer({"EXISTS", key("leader")}), 0);

  EXPECT_THAT(leave("a", {.step = kDrained, .floor = "1", .lengths = "1.v1:2:2"}), ElementsAre("lanes"));
  EXPECT_GT(left_ms("a"), 50'000) << "it says that it is still there";
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("left"));
  EXPECT_FALSE(has_presence("a"));
  EXPECT_EQ(field("view:1.v1"), "");
  EXPECT_THAT(losses(), IsEmpty());
  EXPECT_EQ(join("b")[2], "b/1/2/0") << "the next one finds the group as it was";
  EXPECT_EQ(join("b")[4], "group1");
}

// It learns of their turn by beats, which end with the cut.
TEST_F(LeaveScript, ByKeysTheLastOneIsCutOnlyInAViewThatItReads) {
  join("a", {.fingerprint = "keyed print"});
  leave("a");
  EXPECT_THAT(leave("a", {.step = kDrained, .reads = "0.x"}), ElementsAre("lanes"));
  EXPECT_EQ(view(), "1.v1");
  EXPECT_EQ(leave("a", {.step = kDrained})[0], "cut");
}

TEST_F(LeaveScript, WhoDepartsGoesOnThoughItWasNotHeardForALease) {
  join("a");
  leave("a");
  EXPECT_EQ(leave("a", {.step = kDrained, .floor = "1"})[0], "cut");
  let_lapse("a");
  EXPECT_THAT(leave("a", {.step = kDrained, .floor = "1", .lengths = "1.v1:2:2"}), ElementsAre("lanes"));
  EXPECT_TRUE(has_presence("a"));
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  let_lapse("a");
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("left"));
}

TEST_F(LeaveScript, WhoComesWhileTheLastOneDepartsMaySweepNothingThatItHolds) {
  join("a");
  leave("a");
  leave("a", {.step = kDrained, .floor = "1"});
  join("b");
  beat("b", {.floor = "3"});
  EXPECT_THAT(sweep("b", {"1.v1:0", "0"}), ElementsAre("ok", "0"));
  leave("a", {.step = kDrained, .floor = "3"});
  EXPECT_THAT(sweep("b", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
}

TEST_F(LeaveScript, TheLastOneMayNotLeaveALaneOfAnEarlierViewBehind) {
  join("a");
  join("a2", {.former = "a", .holds = "1.v1"});
  leave("a2");
  EXPECT_THAT(leave("a2", {.step = kDrained}), ElementsAre("lanes"));
  beat("a2", {.floor = "2", .lengths = "1.v1:0:0"});
  EXPECT_EQ(leave("a2", {.step = kDrained})[0], "cut");
}

TEST_F(LeaveScript, NobodyLeavesAGroupToTheSilent) {
  join("dead");
  join("a");
  let_lapse("dead");
  leave("a");
  EXPECT_THAT(field("view:" + view()), HasSubstr("a/1/2/1")) << "it keeps its lane";
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("lanes"))
      << "it may be only paused; a lease will tell";
  beat("a");
  EXPECT_EQ(install("a", view(), "a/1")[0], "ok");
  EXPECT_EQ(field("view:" + view()), identity() + " a/1/2/1")
      << "the only one there has the lane, though it leaves";
}

TEST_F(LeaveScript, OneOfSeveralMayLeaveWhileLanesAreOpen) {
  join("a");
  join("b");
  leave("a");
  beat("b");
  EXPECT_THAT(leave("a", {.step = kDrained}), ElementsAre("left"));
  EXPECT_THAT(claim("b", "1.v1:0", "-"), ElementsAre("ok", "0", "-", "0")) << "whose lanes anybody may claim";
}

TEST_F(LeaveScript, LeavingAtOnceLeavesTheRestToOthers) {
  join("a");
  join("b");
  const auto before = view();
  EXPECT_THAT(leave("a", {.step = kAtOnce}), ElementsAre("left"));
  EXPECT_THAT(leave("a", {.step = kAtOnce}), ElementsAre("left")) << "again";
  EXPECT_NE(view(), before);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_FALSE(has_presence("a"));
  EXPECT_THAT(lane(before, 0), StartsWith("- 0")) << "open, of nobody: b may claim it";
  EXPECT_EQ(redis_.integer({"XLEN", key("losses")}), 0);
}

TEST_F(LeaveScript, TheLastOneToLeaveAtOnceClosesAndDeclaresWhatIsOpen) {
  join("a");
  const auto at = view();
  Beating counted;
  counted.highest = at + ":12";
  beat("a", counted);
  EXPECT_THAT(leave("a", {.step = kAtOnce}), ElementsAre("left"));
  EXPECT_EQ(lane(at, 0), "");
  EXPECT_THAT(consumers(), IsEmpty());
  ASSERT_EQ(redis_.integer({"XLEN", key("losses")}), 1);
  Words line;
  const auto lines = redis_.command({"XRANGE", key("losses"), "-", "+"});
  for (const auto& part : lines.elements[0].elements[1].elements) line.push_back(part.text);
  EXPECT_THAT(line,
              ElementsAre("kind", "lost", "reason", "the group was stopped at once: tail unknown", "view", at,
                          "lane", "0", "after", "0", "to", "12", "messages", "12", "by", "a"));
}

TEST_F(LeaveScript, LeavingAtOnceTellsWhatWasReceivedSinceTheLastBeat) {
  join("a");
  EXPECT_THAT(leave("a", {.step = kAtOnce, .highest = "1.v1:5"}), ElementsAre("left"));
  EXPECT_EQ(stream(key("losses")).at(0).at("messages"), "5");
}

TEST_F(LeaveScript, WhoDepartsMayEndAtOnce) {
  join("a");
  leave("a");
  leave("a", {.step = kDrained});
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  EXPECT_THAT(leave("a", {.step = kAtOnce, .lengths = "1.v1:4:4"}), ElementsAre("left"));
  const auto line = stream(key("losses")).at(0);
  EXPECT_EQ(line.at("kind") + line.at("after") + line.at("to") + line.at("messages"), "lost143");
  EXPECT_EQ(lane("1.v1", 0), "");
}

}  // namespace
}  // namespace tributary::test
