#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- leaving

TEST(LeavingTest, AViewThatGrewOnWhileAnotherGroupBeganIsDeclaredWhenTheStateWasLost) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.control("tributary/1 marker second 1.w - run/repl 0 y/1/1/0");  // others count from here on in views
                                                                         // of that group
  driver.messages(4);
  driver.lose_subscriber();
  driver.nonce = "third";  // the second one is over, too, when this node gets to join
  driver.identity = "run2/repl2";
  driver.time(200);
  driver.subscribe();
  driver.joined(3, "me/1");
  driver.marker(3, "me/1");
  driver.beat("");
  driver.beat("");
  EXPECT_FALSE(driver.asked(Script::revive))
      << "its end may be in the stream under a position of the second group";
  EXPECT_TRUE(driver.asked(Script::declare));
  EXPECT_FALSE(driver.held(1));
}

TEST(LeavingTest, AskedToLeaveBeforeItJoinedThenItIsDone) {
  NodeDriver driver;
  driver.node.leave(driver.now);
  driver.absorb();
  ASSERT_TRUE(driver.finished);
  EXPECT_FALSE(driver.finished->why);
}

TEST(LeavingTest, LeavingGoesOnAsAStandbyUntilNoOpenLaneCanUseWhatItHolds) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.node.leave(driver.now);
  driver.absorb();
  auto leave = driver.take<LeaveCall>();
  EXPECT_EQ(leave.step, LeaveCall::Step::begin);
  driver.answer(leave.id, {"leaving", "2.v"});
  driver.beat("1:0:me:0:- 1:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::leave)) << "its own view is still the current one";
  driver.marker(2, "me/0 x/1");
  driver.beat("1:0:me:3:3 1:1:x:2:- 2:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::leave)) << "owns a lane";
  driver.beat("1:1:x:2:- 2:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::leave)) << "holds what x has not yet committed";
  driver.messages(2);
  driver.beat("1:1:x:4:- 2:1:x:0:-");
  leave = driver.take<LeaveCall>();
  ASSERT_NE(leave.id, 0u) << "of the current view nobody waits for it";
  EXPECT_EQ(leave.step, LeaveCall::Step::drained);
  driver.answer(leave.id, {"left"});
  ASSERT_TRUE(driver.finished);
  EXPECT_FALSE(driver.finished->why);
}

TEST(LeavingTest, ALostAnswerToLeaveThenItIsAskedAgain) {
  NodeDriver driver;
  driver.start();
  driver.node.leave(driver.now);
  driver.absorb();
  driver.lose(driver.take<LeaveCall>().id);
  driver.time(10);
  auto leave = driver.take<LeaveCall>();
  EXPECT_EQ(leave.step, LeaveCall::Step::begin);
  driver.answer(leave.id, {"leaving", "2.v"});
  driver.marker(2, "me/0");
  driver.beat("");
  driver.lose(driver.take<LeaveCall>().id);
  driver.time(10);
  leave = driver.take<LeaveCall>();
  EXPECT_EQ(leave.step, LeaveCall::Step::drained);
  driver.answer(leave.id, {"left"});
  EXPECT_TRUE(driver.finished);
}

TEST(LeavingTest, TheLastLeaverToldOfOpenLanesWaitsForTheNextAnswer) {
  NodeDriver driver;
  driver.start();
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "2.v"});
  driver.marker(2, "me/0");
  driver.beat("");
  driver.answer(driver.take<LeaveCall>().id, {"lanes"});
  driver.time(10);
  EXPECT_FALSE(driver.finished);
  EXPECT_FALSE(driver.asked(Script::leave));
  driver.beat("");
  EXPECT_TRUE(driver.asked(Script::leave));
}

TEST(LeavingTest, AnAnswerAfterItLeftChangesNothing) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  const auto beat = driver.next_beat();
  driver.node.leave_now(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"left"});
  ASSERT_TRUE(driver.finished);
  const auto reports = driver.reports.size();
  driver.answer(beat.id, {"nomember", ""});
  EXPECT_EQ(driver.reports.size(), reports) << "leaving on request is no expulsion";
  EXPECT_EQ(driver.node.statistics().expulsions, 0u);
}

TEST(LeavingTest, ExpelledWhileLeavingThenItJoinsWithoutWeightAndLeavesAgain) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "2.v"});
  driver.marker(2, "me/0 x/1");
  driver.marker(3, "x/1");
  driver.time(1000);
  EXPECT_EQ(std::get<JoinCall>(driver.calls.back().call).weight, 0u);
  driver.joined(4, "x/1 me/0");
  driver.marker(4, "x/1 me/0");
  driver.time(10);
  EXPECT_EQ(driver.take<LeaveCall>().step, LeaveCall::Step::begin);
}

TEST(LeavingTest, AViewThatTheServerNeverInstalledIsDeclaredAndStartedOver) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.marker(9, "me/1 x/1");  // published by somebody who read the nonce on the channel
  driver.messages(6);
  const auto before = driver.me();
  const auto beat = driver.take<BeatCall>();  // made at the marker
  ASSERT_NE(beat.id, 0u);
  driver.answer(beat.id, {"ok", "1.v", "x", "0", driver.list("me/1 x/1"), "", "", "1"});
  EXPECT_NE(driver.me(), before) << "joins again";
  EXPECT_EQ(driver.node.held_views().size(), 1u);
  EXPECT_FALSE(driver.node.held_views().back().length) << "the view before it did not end there";
  EXPECT_EQ(driver.node.uncommitted(), 4u);
}

TEST(LeavingTest, ALeaverWithSlowMessagesLeavesThemAfterAWhileToWhoReportsToHoldThem) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(8);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "2.v"});
  driver.marker(2, "me/0 x/1");
  const std::string open = "1:0:me:0:- 1:1:x:0:- 2:1:x:0:-";
  driver.figures = "//////,//////1.v:0+1.v:1";
  driver.beats(open, 7'000);
  EXPECT_FALSE(driver.asked(Script::leave)) << "time to finish them itself";
  driver.figures = "//////,//////1.v:0";
  driver.beats(open, 2'000);
  EXPECT_FALSE(driver.asked(Script::leave)) << "x was listed, but does not hold both";
  driver.figures = "//////,//////1.v:0+1.v:1";
  driver.beat(open);
  ASSERT_TRUE(driver.asked(Script::leave));
  EXPECT_EQ(driver.take<LeaveCall>().step, LeaveCall::Step::drained);
  EXPECT_GT(driver.node.handed_over(), 0u);
}

TEST(LeavingTest, ALeaverKeepsWhatOnlyItHolds) {
  NodeDriver driver;
  driver.start("me/1");  // nobody else was in this view
  driver.messages(8);
  driver.marker(2, "me/1 x/1");
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "3.v"});
  driver.marker(3, "me/0 x/1");
  driver.beats("1:0:me:0:- 2:1:x:0:- 3:1:x:0:-", 20'000);
  EXPECT_FALSE(driver.asked(Script::leave));
}

TEST(LeavingTest, TheLastOneGoesOnReceivingUntilACutAndFinishesWhatCameBeforeIt) {
  NodeDriver driver;
  driver.start();
  driver.messages(2);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  const auto first = driver.commit();
  driver.answer(first->id, {"ok", "2"});
  driver.beat("1:0:me:2:-");
  const auto leave = driver.take<LeaveCall>();
  ASSERT_EQ(leave.step, LeaveCall::Step::drained);
  driver.messages(3);
  driver.answer(leave.id, {"cut", "2.v"});
  driver.marker(2, "x/1");
  EXPECT_EQ(driver.subscriber_drops, 1) << "who publishes now is told that it does not receive";
  driver.messages(1);
  EXPECT_EQ(driver.node.statistics().received, 5u);
  auto departing = driver.take<LeaveCall>();
  ASSERT_EQ(departing.lengths.size(), 1u) << "the cut tells where it ends";
  EXPECT_EQ(departing.lengths[0].length, 5u);
  EXPECT_EQ(departing.floor, 1u);
  driver.answer(departing.id, {"lanes"});
  const auto last = driver.commit();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->plan.end, 5u);
  driver.answer(last->id, {"ok", "5"});
  driver.time(100);
  driver.answer(driver.take<LeaveCall>().id, {"left"});
  ASSERT_TRUE(driver.finished);
  EXPECT_FALSE(driver.finished->why);
  EXPECT_EQ(driver.node.statistics().committed, 5u);
  EXPECT_FALSE(driver.asked(Script::beat)) << "it is a member no more";
}

TEST(LeavingTest, DepartingItRenewsItsSignUntilItsLaneIsFinished) {
  NodeDriver driver;
  driver.start();
  driver.messages(2);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  driver.beat("1:0:me:0:-");
  driver.answer(driver.take<LeaveCall>().id, {"cut", "2.v"});
  driver.marker(2, "x/1");
  int calls = 0;
  for (int i = 0; i < 100; ++i) {
    driver.time(50);
    for (auto again = driver.take<LeaveCall>(); again.id != 0; again = driver.take<LeaveCall>()) {
      ++calls;
      driver.answer(again.id, {"lanes"});
    }
  }
  EXPECT_GE(calls, 9);
  EXPECT_LE(calls, 12) << "once each beat";
}

TEST(LeavingTest, TheViewItLeftWithDoesNotArriveThenItJoinsAgain) {
  NodeDriver driver;
  driver.start();
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  driver.beat("1:0:me:0:-");
  driver.answer(driver.take<LeaveCall>().id, {"cut", "2.v"});
  driver.time(1'000);
  EXPECT_EQ(driver.subscriber_drops, 0);
  driver.time(2'000);
  EXPECT_EQ(driver.subscriber_drops, 1);
}

TEST(LeavingTest, TheServersDataGoesBackWhileItDepartsThenItComesAgain) {
  NodeDriver driver;
  driver.start();
  driver.messages(2);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  driver.beat("1:0:me:0:-");
  driver.answer(driver.take<LeaveCall>().id, {"cut", "2.v"});
  driver.marker(2, "x/1");
  driver.answer(driver.take<LeaveCall>().id, {"identity", "other/repl"});
  driver.time(600);
  EXPECT_EQ(driver.connects, 2);
  EXPECT_FALSE(driver.finished);
}

}  // namespace
}  // namespace tributary::group
