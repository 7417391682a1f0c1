#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/group/node_driver.hpp"

namespace tributary::group {
namespace {

// A slot whose messages fall to the lane.
std::uint16_t slot_in(const NodeDriver& driver, std::uint64_t view, std::uint32_t lane) {
  const auto& keys = *driver.held(view)->journal.keys();
  for (std::uint16_t slot = 0; slot < journal::kKeySlots; ++slot) {
    if (keys.lane_of(slot) == lane) return slot;
  }
  ADD_FAILURE() << "no slot falls to lane " << lane;
  return 0;
}

// A member of view 1 beside x, all of whose keys have moved to somebody: lanes 2 (its own) and 3 (of x).
void start(NodeDriver& driver) {
  driver.connect();
  driver.joined(1, "me/1 x/1");
  driver.keyed_marker(1, "me/1 x/1", "");
  driver.beat("1:0:me:0:- 1:1:x:0:- 1:2:me:0:- 1:3:x:0:-");
}

TEST(OrderTest, WhatMovedWaitsForTheLaneItCameFromAndWhatWasKeptDoesNot) {
  NodeDriver driver;
  start(driver);
  const auto own = slot_in(driver, 1, 2), of_x = slot_in(driver, 1, 3);
  driver.keyed_messages({own, of_x});
  driver.keyed_marker(2, "me/1", "me/1 x/1");
  driver.keyed_messages({of_x, own});
  ASSERT_EQ(slot_in(driver, 2, 0), slot_in(driver, 1, 2)) << "what it keeps is in the lane of its index";
  driver.beat("1:2:me:0:- 1:3:x:0:- 2:0:me:0:- 2:1:me:0:-");

  const auto first = driver.commit();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->plan.lane.text(), "1.v:2");
  EXPECT_FALSE(driver.commit()) << "its own later messages may have the same keys";
  driver.answer(first->id, {"ok", "1"});
  const auto kept = driver.commit();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->plan.lane.text(), "2.v:0") << "what it kept is not held up by what moved to it";
  driver.answer(kept->id, {"ok", "2"});
  EXPECT_FALSE(driver.commit());

  driver.answer(driver.take<ClaimCall>().id, {"ok", "0", "2", "1"});
  const auto claimed = driver.commit();
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->plan.lane.text(), "1.v:3");
  driver.answer(claimed->id, {"ok", "2"});
  const auto moved = driver.commit();
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->plan.lane.text(), "2.v:1");
}

TEST(OrderTest, WhatSomebodyElseFinishesShowsInABeatsAnswerWhichIsAskedForMoreOften) {
  NodeDriver driver;
  start(driver);
  const auto of_x = slot_in(driver, 1, 3);
  driver.keyed_messages({of_x});
  driver.keyed_marker(2, "me/1 x/0", "me/1 x/1");
  driver.keyed_messages({of_x});
  driver.beat("1:2:me:0:- 1:3:x:0:- 2:0:me:0:- 2:2:me:0:-");
  EXPECT_FALSE(driver.commit());
  int asked = 0;
  for (const auto end = driver.now + 100; driver.now < end;) {
    driver.time(1);
    if (!driver.asked(Script::beat)) continue;
    ++asked;
    driver.beat("1:3:x:0:1 2:0:me:0:- 2:2:me:0:-");
    EXPECT_FALSE(driver.commit());
  }
  EXPECT_GE(asked, 5);
  EXPECT_LE(asked, 20);
  driver.beat("2:0:me:0:- 2:2:me:0:-");
  ASSERT_TRUE(driver.commit());
  EXPECT_FALSE(driver.asked(Script::beat));
}

TEST(OrderTest, AViewThatItNeverReadMayHoldAnyKey) {
  NodeDriver driver;
  driver.connect();
  driver.joined(5, "me/1 x/1");
  driver.keyed_marker(5, "me/1 x/1", "x/1");
  driver.keyed_messages({slot_in(driver, 5, 2)});
  driver.beat("4:0:x:0:7 5:0:me:0:- 5:1:x:0:- 5:2:me:0:- 5:3:x:0:-");
  EXPECT_FALSE(driver.commit());
  driver.beat("5:0:me:0:- 5:1:x:0:- 5:2:me:0:- 5:3:x:0:-");
  EXPECT_TRUE(driver.commit());
}

TEST(OrderTest, WhileSomebodyMayHoldWhatTheServerLostNothingGoes) {
  NodeDriver driver;
  driver.known_below = 0;
  start(driver);
  driver.keyed_messages({slot_in(driver, 1, 2)});
  EXPECT_FALSE(driver.commit());
  driver.known_below = 1;
  driver.beat("1:0:me:0:- 1:1:x:0:- 1:2:me:0:- 1:3:x:0:-");
  EXPECT_TRUE(driver.commit());
}

TEST(OrderTest, TheFirstCommitIsOnlyDoneAtTheServerWhoseAnswerLetItGo) {
  NodeDriver driver;
  start(driver);
  const auto own = slot_in(driver, 1, 2);
  driver.node.on_transactions_allowed();
  driver.keyed_messages({own, own, own});
  const auto first = driver.commit(1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->plan.only_under.text(), driver.identity);
  EXPECT_FALSE(driver.commit(1)) << "one at a time, until one is in";
  driver.answer(first->id, {"ok", "1"});
  const auto second = driver.commit(1);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->plan.only_under.empty());
  EXPECT_TRUE(second->plan.may_be_plain);
  EXPECT_TRUE(driver.commit(1)) << "then two";
}

TEST(OrderTest, AServerThatWentBackMakesAllWaitAnew) {
  NodeDriver driver;
  start(driver);
  driver.keyed_messages({slot_in(driver, 1, 2)});
  const auto first = driver.commit();
  driver.answer(first->id, {"identity", driver.identity + "0"});
  ASSERT_TRUE(driver.work(1, 2));
  EXPECT_EQ(driver.work(1, 2)->acknowledged, 0u);
  driver.time(1);
  EXPECT_TRUE(driver.asked(Script::beat)) << "which will tell";
  EXPECT_FALSE(driver.commit()) << "before that";
}

// Whoever died did not die of a lane that it could not work on.
TEST(OrderTest, AClaimedLaneWithDeathsThatStillWaitsIsGivenBack) {
  NodeDriver driver;
  start(driver);
  const auto of_x = slot_in(driver, 1, 3);
  driver.keyed_messages({of_x});
  driver.keyed_marker(2, "me/1 x/1 y/1", "me/1 x/1");
  std::uint32_t lane = 0;  // of view 2, not mine, with keys that were x's
  const auto& keys = *driver.held(2)->journal.keys();
  for (const auto other : {1u, 2u, 4u, 5u}) {
    if ((keys.slots_of(other) & driver.held(1)->journal.keys()->slots_of(3)).any()) lane = other;
  }
  ASSERT_NE(lane, 0u);
  driver.keyed_messages({slot_in(driver, 2, lane)});
  const auto name = "2:" + std::to_string(lane);
  driver.beat("1:3:x:0:1 " + name + ":-:0:- 2:0:me:0:- 2:3:me:0:-");
  const auto claim = driver.take<ClaimCall>();
  ASSERT_EQ(claim.lane.text(), "2.v:" + std::to_string(lane));
  driver.answer(claim.id, {"ok", "0", "-", "3"});
  const auto back = driver.take<CommitCall>();
  EXPECT_TRUE(back.release);
  EXPECT_EQ(back.lane, claim.lane);
}

// As the last one, which keeps its lanes until the cut, and gets no answers to beats behind it.
TEST(OrderTest, WhoLeavesStaysWhileSomethingWaits) {
  NodeDriver driver;
  driver.connect();
  driver.joined(1, "me/1");
  driver.keyed_marker(1, "me/1", "");
  driver.known_below = 0;
  driver.beat("1:0:me:0:- 1:1:me:0:-");
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  driver.beat("1:0:me:0:- 1:1:me:0:-");
  EXPECT_FALSE(driver.asked(Script::leave));
  driver.known_below = 1;
  driver.beat("1:0:me:0:- 1:1:me:0:-");
  EXPECT_FALSE(driver.asked(Script::leave)) << "it was let go by this answer; the next one finds it so";
  driver.beat("1:0:me:0:- 1:1:me:0:-");
  EXPECT_TRUE(driver.asked(Script::leave));
}

// What an answer said of the view before says nothing of the lanes of this one.
TEST(OrderTest, WhoLeavesAsksAgainAfterAnotherView) {
  NodeDriver driver;
  driver.connect();
  driver.joined(1, "me/1 x/1");
  driver.keyed_marker(1, "me/1 x/1", "");
  driver.known_below = 1;
  const std::string first = "1:0:me:0:- 1:1:x:0:- 1:2:me:0:- 1:3:x:0:-";
  driver.beat(first);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "1.v"});
  driver.beat(first);
  const auto leave = driver.take<LeaveCall>();
  ASSERT_NE(leave.id, 0u);
  driver.keyed_marker(2, "me/1", "me/1 x/1");
  driver.known_below = 1;
  EXPECT_FALSE(driver.asked(Script::beat)) << "it is going off";
  driver.answer(leave.id, {"lanes"});
  EXPECT_FALSE(driver.asked(Script::leave));
  driver.beat("1:1:x:0:0 2:0:me:0:- 2:1:me:0:-");
  EXPECT_FALSE(driver.asked(Script::leave)) << "its lanes wait for x";
  driver.known_below = 2;
  driver.beat("2:0:me:0:- 2:1:me:0:-");
  driver.beat("2:0:me:0:- 2:1:me:0:-");
  EXPECT_TRUE(driver.asked(Script::leave));
}

}  // namespace
}  // namespace tributary::group
