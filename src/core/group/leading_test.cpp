#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// What only the leader does: judging presence, sweeping. Named by condition and outcome.
namespace tributary::group {
namespace {

NodeDriver leading(const std::string& members) {
  NodeDriver driver;
  driver.leader = "me";
  driver.start(members);
  return driver;
}

TEST(LeadingTest, ASilentMemberIsRemovedOnlyAfterALeaseOfUnbrokenBeats) {
  auto driver = leading("me/1 x/2");
  driver.members = "me/1 x/2/0";
  const auto lanes = "1:0:me:0:- 1:1:x:0:-";
  const auto start = driver.now;
  driver.beat(lanes);
  EXPECT_FALSE(driver.asked(Script::install));
  while (!driver.asked(Script::install) && driver.now < start + 10'000) driver.beat(lanes);
  EXPECT_GE(driver.now - start, 1'500) << "a lease after its first beat";
  EXPECT_LE(driver.now - start, 3'000);
  const auto install = driver.take<InstallCall>();
  EXPECT_EQ(install.over.text(), "1.v");
  EXPECT_EQ(members_of(install), driver.me() + "/1");
  driver.answer(install.id, {"changed", "2.w"});
  EXPECT_TRUE(driver.node.joined());
}

TEST(LeadingTest, AfterAPauseItJudgesOnlyAfterAnotherLease) {
  auto driver = leading("me/1 x/1");
  driver.beats("1:0:me:0:- 1:1:x:0:-", 5'000);
  driver.members = "me/1 x/1/0";  // a pause lets every lease run out
  const auto beat = driver.next_beat();
  driver.now += 4'000;
  driver.answer_beat(beat, "1:0:me:0:- 1:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::install));
  driver.beat("1:0:me:0:- 1:1:x:0:-");
  driver.beat("1:0:me:0:- 1:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::install));
  driver.beats("1:0:me:0:- 1:1:x:0:-", 2'000);
  EXPECT_TRUE(driver.asked(Script::install));
}

TEST(LeadingTest, WhoDoesNotLeadNeitherJudgesNorSweeps) {
  auto driver = leading("me/1 x/1");
  driver.leader = "x";
  driver.marker(2, "me/1 x/1");
  driver.members = "me/1 x/1/0";
  driver.beats("1:0:gone:0:- 2:0:me:0:- 2:1:x:0:-", 30'000);
  EXPECT_FALSE(driver.asked(Script::install));
  EXPECT_FALSE(driver.asked(Script::sweep));
}

TEST(LeadingTest, ItNeverRemovesItself) {
  auto driver = leading("me/1 x/1");
  driver.members = "me/1/0 x/1";
  driver.beats("1:0:me:0:- 1:1:x:0:-", 10'000);
  EXPECT_FALSE(driver.asked(Script::install));
}

TEST(LeadingTest, ALaneSeenWithoutOwnerAndUnmovedForAWindowIsSwept) {
  auto driver = leading("me/1");
  driver.marker(2, "me/1");
  const auto lanes = "1:1:gone:4:- 1:2:-:5:- 1:3:me:0:- 2:0:me:0:-";
  driver.beat(lanes);
  driver.beats(lanes, 4'000);
  EXPECT_FALSE(driver.asked(Script::sweep));
  driver.beats(lanes, 2'000);
  const auto sweep = driver.take<SweepCall>();
  EXPECT_EQ(arguments_of(sweep),
            (std::vector<std::string>{"out", driver.me(), "group", "2.v", "1.v:1", "4", "1.v:2", "5"}));
}

TEST(LeadingTest, ALaneOfTheCurrentViewIsNeverSwept) {
  auto driver = leading("me/1");
  driver.beats("1:1:gone:4:- 1:0:me:0:-", 30'000);
  EXPECT_FALSE(driver.asked(Script::sweep));
}

TEST(LeadingTest, ALaneThatMovesOrHasAnOwnerMeanwhileIsWatchedAnew) {
  for (const auto* meanwhile : {"1:1:gone:5:- 2:0:me:0:-", "1:1:me:4:- 2:0:me:0:-", "2:0:me:0:-"}) {
    auto driver = leading("me/1");
    driver.marker(2, "me/1");
    const auto lanes = "1:1:gone:4:- 2:0:me:0:-";
    driver.beats(lanes, 4'000);
    driver.beat(meanwhile);
    driver.beats(lanes, 4'000);
    EXPECT_FALSE(driver.asked(Script::sweep)) << meanwhile;
    driver.beats(lanes, 2'000);
    EXPECT_TRUE(driver.asked(Script::sweep));
  }
}

TEST(LeadingTest, TimeInWhichRedisDoesNotAnswerBringsNoSweepCloser) {
  auto driver = leading("me/1");
  driver.marker(2, "me/1");
  const auto lanes = "1:1:gone:4:- 2:0:me:0:-";
  driver.beat(lanes);
  const auto beat = driver.next_beat();
  driver.now += 60'000;
  driver.answer_beat(beat, lanes);
  driver.beats(lanes, 3'000);
  EXPECT_FALSE(driver.asked(Script::sweep));
}

TEST(LeadingTest, ANewLeaderAndARejoinedOneStartAnew) {
  auto driver = leading("me/1 x/1");
  driver.marker(2, "me/1 x/1");
  const auto lanes = "1:2:gone:4:- 2:0:me:0:- 2:1:x:0:-";
  driver.beats(lanes, 4'000);
  driver.leader = "x";
  driver.beat(lanes);
  driver.leader = "me";
  driver.beats(lanes, 4'000);
  EXPECT_FALSE(driver.asked(Script::sweep));
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  driver.joined(3, "me/1 x/1");
  driver.marker(3, "me/1 x/1");
  driver.beats("1:2:gone:4:- 3:0:me:0:- 3:1:x:0:-", 4'000);
  EXPECT_FALSE(driver.asked(Script::sweep));
}

// --- sharing out consumers: figures are those of agents with a capacity of 4 unless they say otherwise ---

constexpr auto kTwoAgents = "4/0/0/0/0,4/0/0/0/0";

std::string installed(NodeDriver& driver) {
  const auto install = driver.take<InstallCall>();
  if (install.id == 0) return "";
  driver.answer(install.id, {"changed", driver.id(driver.view)});
  return members_of(install);
}

TEST(SharingTest, WhatIsDesiredIsSplitOverAgents) {
  auto driver = leading("me/1 x/0");
  driver.figures = kTwoAgents;
  driver.desired[2] = "7";
  driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/4,x/3");
  EXPECT_NE(driver.node.why().find("asked for by an unknown user"), std::string::npos);
}

TEST(SharingTest, WithoutAWishAgentsHaveTheirCapacity) {
  auto driver = leading("me/1 x/0");
  driver.figures = kTwoAgents;
  driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/4,x/4");
}

TEST(SharingTest, FixedNodesKeepTheirNumberAndCountTowardsTheWhole) {
  auto driver = leading("me/1 x/3");
  driver.figures = "4/0/0/0/0,/0/0/0/0";
  driver.desired[2] = "8";
  driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/5,x/3");
  driver.desired[2] = "2";
  driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/0,x/3");
}

TEST(SharingTest, OneConsumerStaysWhateverIsDesired) {
  auto driver = leading("me/4 x/4");
  driver.figures = kTwoAgents;
  driver.desired[2] = "0";
  driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/1,x/0");
}

TEST(SharingTest, TheShareOfASilentAgentGoesToTheOthersInTheStepThatRemovesIt) {
  auto driver = leading("me/4 x/3");
  driver.figures = kTwoAgents;
  driver.desired[2] = "7";
  driver.beats("", 1'000);
  EXPECT_EQ(installed(driver), "");
  driver.members = "me/4 x/3/0";
  driver.figures = "4/0/0/0/0,////";  // its presence is gone, and with it its capacity
  driver.beat("");
  EXPECT_EQ(installed(driver), "") << "not yet a lease of unbroken beats: nobody judges";
  for (int i = 0; i < 10 && !driver.asked(Script::install); ++i) driver.beat("");
  EXPECT_EQ(installed(driver), driver.me() + "/7");
}

TEST(SharingTest, WhoDoesNotLeadSharesOutNothing) {
  auto driver = leading("me/1 x/0");
  driver.leader = "x";
  driver.figures = kTwoAgents;
  driver.desired[2] = "7";
  driver.beats("", 2'000);
  EXPECT_EQ(installed(driver), "");
}

TEST(ObeyingTest, APausedNodeCommitsNothingUntilItIsResumed) {
  auto driver = leading("me/1");
  driver.figures = "/0/0/0/0";
  driver.desired[0] = "paused";
  driver.beat("");
  driver.messages(3);
  EXPECT_TRUE(driver.node.paused());
  EXPECT_FALSE(driver.commit());
  driver.desired[0] = "";
  driver.beat("");
  EXPECT_TRUE(driver.commit());
}

TEST(ObeyingTest, AStoppedNodeLeaves) {
  auto driver = leading("me/1 x/1");
  driver.figures = "////,////";
  driver.desired[0] = "stopped";
  driver.beat("");
  driver.time(50);
  EXPECT_TRUE(driver.node.leaving());
  EXPECT_EQ(driver.take<LeaveCall>().step, LeaveCall::Step::begin);
}

TEST(ObeyingTest, StoppedAtOnceItDoesNotDrainUnlessItFoundTheGroupStopped) {
  auto running = leading("me/1 x/1");
  running.figures = "////,////";
  running.desired = {"stopped", "now", "", "", "", "", "", ""};
  running.beat("");
  EXPECT_EQ(running.take<LeaveCall>().step, LeaveCall::Step::at_once);

  NodeDriver late;
  late.leader = "x";
  late.figures = "////,////";
  late.desired = {"stopped", "now", "", "", "", "", "", ""};
  late.start("me/1 x/1");
  late.time(50);
  EXPECT_EQ(late.take<LeaveCall>().step, LeaveCall::Step::begin);
}

TEST(ObeyingTest, RubbishIsReportedOnceAndWhatWasGoodStays) {
  auto driver = leading("me/1");
  driver.figures = "/0/0/0/0";
  driver.desired[0] = "paused";
  driver.beat("");
  driver.desired[0] = "asleep";
  const auto before = driver.reports.size();
  driver.beats("", 3'000);
  EXPECT_EQ(driver.reports.size(), before + 1);
  EXPECT_TRUE(driver.node.paused());
}

TEST(ObeyingTest, AnIdleNodeLeavesButNotWhileItIsPaused) {
  auto settings = NodeDriver::settings();
  settings.idle_timeout_ms = 3'000;
  NodeDriver driver(settings);
  driver.figures = "/0/0/0/0";
  driver.start("me/1");
  driver.desired[0] = "paused";
  driver.beats("", 6'000);
  EXPECT_FALSE(driver.node.leaving());
  driver.desired[0] = "";
  driver.beats("", 2'000);
  driver.messages(1);
  driver.beats("", 2'000);
  EXPECT_FALSE(driver.node.leaving());
  driver.beats("", 2'000);
  EXPECT_TRUE(driver.node.leaving());
}

}  // namespace
}  // namespace tributary::group
