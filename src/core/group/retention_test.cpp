#include <gtest/gtest.h>

#include <algorithm>

#include "core/group/node_driver.hpp"

// What is held for how long, and what gives way when there is no room. Named by condition and outcome.
namespace tributary::group {
namespace {

TEST(BeatClockTest, TimePassesOnlyBetweenBeatsThatSucceed) {
  BeatClock clock(1000);
  clock.succeeded(5000);
  EXPECT_EQ(clock.elapsed(), 0);
  clock.succeeded(5500);
  EXPECT_EQ(clock.elapsed(), 500);
  clock.succeeded(65500);
  EXPECT_EQ(clock.elapsed(), 1500) << "an outage counts as one step at most";
}

TEST(RetentionTest, APayloadIsHeldForAWindowOfBeatsAfterTheAnswerThatShowedItCommitted) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.answer(driver.commit()->id, {"ok", "4"});
  driver.beats("1:0:me:0:-", 10'000);
  EXPECT_EQ(driver.held(1)->journal.lane(0).first(), 0u) << "no beat's answer showed it yet";
  driver.beat("1:0:me:4:-");
  driver.beats("1:0:me:4:-", 4'000);
  EXPECT_EQ(driver.held(1)->journal.lane(0).first(), 0u);
  driver.beats("1:0:me:4:-", 2'000);
  EXPECT_EQ(driver.held(1)->journal.lane(0).first(), 4u);
}

TEST(RetentionTest, TimeInWhichRedisDoesNotAnswerDoesNotCount) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.answer(driver.commit()->id, {"ok", "4"});
  driver.beat("1:0:me:4:-");
  driver.lose_commands();
  driver.time(3'600'000);
  driver.connect_commands();
  driver.beat("1:0:me:4:-");
  driver.beats("1:0:me:4:-", 1'000);
  EXPECT_EQ(driver.held(1)->journal.lane(0).first(), 0u);
}

TEST(RetentionTest, OnlyWhatIsCommittedIsForgotten) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(8);
  driver.beats("1:0:me:3:- 1:1:x:4:-", 30'000);
  EXPECT_EQ(driver.held(1)->journal.lane(0).first(), 2u);
  EXPECT_EQ(driver.held(1)->journal.lane(1).first(), 2u);
  EXPECT_TRUE(driver.held(1)->journal.lane(1).holds(3));
}

TEST(RetentionTest, AClosedViewIsDroppedAfterAWindowAndAnOpenOneNever) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.marker(2, "me/1 x/1");
  driver.beats("1:1:x:2:- 2:0:me:0:- 2:1:x:0:-", 30'000);
  ASSERT_NE(driver.held(1), nullptr);
  driver.beat("2:0:me:0:- 2:1:x:0:-");
  driver.beats("2:0:me:0:- 2:1:x:0:-", 4'000);
  EXPECT_NE(driver.held(1), nullptr);
  driver.beats("2:0:me:0:- 2:1:x:0:-", 2'000);
  EXPECT_EQ(driver.held(1), nullptr);
}

TEST(RetentionTest, TheViewThatIsBeingReadIsNotDroppedWhateverAnAnswerSays) {
  NodeDriver driver;
  driver.start();
  driver.view = 2;  // the marker has not arrived
  driver.beats("2:0:x:0:-", 30'000);
  EXPECT_NE(driver.held(1), nullptr);
  driver.messages(1);
  EXPECT_EQ(driver.held(1)->journal.count(), 1u);
}

TEST(RetentionTest, UnderAnotherIdentityTheTimeStartsAnew) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.marker(2, "me/1");
  driver.beat("2:0:me:0:-");
  driver.beats("2:0:me:0:-", 4'000);
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(3, "me/1");
  driver.marker(3, "me/1");
  driver.beats("1:0:old:1:- 2:0:old:0:- 3:0:me:0:-", 3'000);
  ASSERT_NE(driver.held(1), nullptr);
  EXPECT_TRUE(driver.held(1)->journal.lane(0).holds(1))
      << "what was committed before may have been lost since";
}

TEST(RetentionTest, AViewStillToBeRevivedIsNotDropped) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(2, "me/1");
  driver.marker(2, "me/1");
  for (int i = 0; i < 40; ++i) {
    driver.beat("2:0:me:0:-");
    driver.refuse(driver.take<ReviveCall>().id, "OOM");
  }
  EXPECT_NE(driver.held(1), nullptr);
  driver.answer(driver.next_beat().id, {"nostate"});
}

TEST(RetentionTest, WhatAGapLeavesBehindIsReported) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(8);
  driver.beats("1:0:me:0:- 1:1:x:4:-", 10'000);
  driver.marker(2, "me/1");
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(3, "me/1");
  driver.marker(3, "me/1");
  driver.beat("1:1:gone:0:- 3:0:me:0:-");
  EXPECT_FALSE(driver.asked(Script::claim)) << "positions 2 and 4 are forgotten";
  EXPECT_EQ(arguments_of(driver.next_beat())[6], "1.v:1:6");
}

// --- the bound on memory

NodeSettings small() {
  auto settings = NodeDriver::settings();
  settings.journal_limit = 4 << 20;  // large against one segment
  return settings;
}

TEST(RetentionTest, NoRoomThenCommittedPayloadsGoFirst) {
  NodeDriver driver(small());
  driver.start("me/1 x/1");
  for (int i = 0; i < 100; ++i) {
    driver.messages(100, 1000);
    while (const auto sent = driver.commit()) {
      driver.answer(sent->id,
                    {"ok", std::to_string(driver.held(1)->journal.position_of(0, sent->plan.end - 1))});
    }
    driver.beat("1:0:me:" + std::to_string(100 * i + 99) + ":- 1:1:x:" + std::to_string(100 * i + 100) +
                ":-");
    ASSERT_LE(driver.node.journal_bytes(), 5u << 20);
  }
  EXPECT_EQ(driver.node.statistics().given_up_lanes, 0u);
  EXPECT_TRUE(driver.node.may_read());
}

TEST(RetentionTest, NoRoomThenLanesOfOthersAreGivenUpAndAViewIsAskedForWhenThereIsRoom) {
  NodeDriver driver(small());
  driver.start("me/1 x/1");
  const auto acknowledge_all = [&] {
    while (const auto sent = driver.commit()) {
      driver.answer(sent->id,
                    {"ok", std::to_string(driver.held(1)->journal.position_of(0, sent->plan.end - 1))});
    }
  };
  for (int i = 0; i < 200 && driver.node.statistics().given_up_lanes == 0; ++i) {
    driver.messages(100, 1000);
    acknowledge_all();
  }
  ASSERT_EQ(driver.node.statistics().given_up_lanes, 1u);
  EXPECT_TRUE(driver.held(1)->journal.given_up(1)) << "x's lane, not its own";
  EXPECT_TRUE(driver.node.may_read());
  EXPECT_NE(driver.work(1, 0), nullptr);
  const auto own = "1:0:me:" + std::to_string(driver.held(1)->journal.count() - 1) + ":- ";
  driver.beat(own + "1:1:gone:0:-");
  EXPECT_FALSE(driver.asked(Script::claim)) << "a lane given up is never claimed";
  driver.lose_commands();
  driver.connect_commands();
  EXPECT_TRUE(driver.next_beat().gaps.empty()) << "nor reported";
}

TEST(RetentionTest, NoRoomForItsOwnThenReadingStopsAndNothingIsDropped) {
  NodeDriver driver(small());
  driver.start();
  int sent = 0;
  while (driver.node.may_read() && sent < 100'000) {
    driver.messages(100, 1000);
    sent += 100;
  }
  ASSERT_FALSE(driver.node.may_read());
  EXPECT_EQ(driver.held(1)->journal.lane(0).end() - driver.held(1)->journal.lane(0).first(),
            static_cast<unsigned>(sent));
  EXPECT_NE(driver.next_beat().id, 0u);
  while (const auto commit = driver.commit(100))
    driver.answer(commit->id, {"ok", std::to_string(commit->plan.end)});
  driver.time(50);
  EXPECT_TRUE(driver.node.may_read()) << "committed, so there is room again";
}

TEST(RetentionTest, AMemberThatDoesNotReadOnPurposeIsNotBehind) {
  NodeDriver driver(small());
  driver.start();
  driver.beat("");
  for (int i = 0; driver.node.may_read() && i < 1000; ++i) driver.messages(100, 1000);
  ASSERT_FALSE(driver.node.may_read());
  driver.tick_number = 40;  // published by another, unread by this one
  driver.beat("");
  EXPECT_EQ(driver.next_beat().last_tick, 40u) << "called stale it would lose what waits on its connection";
}

TEST(RetentionTest, AMemberThatReadsAgainAndHearsNothingIsBehindAfterALease) {
  NodeDriver driver(small());
  driver.start();
  for (int i = 0; driver.node.may_read() && i < 1000; ++i) driver.messages(100, 1000);
  driver.tick_number = 40;
  driver.beat("");
  while (const auto commit = driver.commit(100))
    driver.answer(commit->id, {"ok", std::to_string(commit->plan.end)});
  driver.time(50);
  ASSERT_TRUE(driver.node.may_read());
  const auto lane = "1:0:me:" + std::to_string(driver.held(1)->journal.count()) + ":-";
  EXPECT_EQ(driver.beat(lane).last_tick, 40u) << "it has just begun to catch up";
  driver.beats(lane, 2'000);
  EXPECT_EQ(driver.next_beat().last_tick, 0u) << "its connection is dead: what it read last counts";
}

TEST(RetentionTest, WhatCameForALaneThatWasGivenUpIsDeclaredWhenTheStateIsGone) {
  NodeDriver driver(small());
  driver.start("me/1 x/1");
  for (int i = 0; i < 200 && driver.node.statistics().given_up_lanes == 0; ++i) {
    driver.messages(100, 1000);
    while (const auto sent = driver.commit()) {
      const auto position = driver.held(1)->journal.position_of(0, sent->plan.end - 1);
      driver.answer(sent->id, {"ok", std::to_string(position)});
    }
  }
  ASSERT_TRUE(driver.held(1)->journal.given_up(1));
  const auto received = driver.held(1)->journal.count();
  driver.answer(driver.next_beat().id, {"nostate"});
  driver.nonce = "new";
  driver.time(10);
  driver.joined(2, "me/1", true);
  driver.marker(2, "me/1");
  const auto declare = driver.take<DeclareCall>();
  ASSERT_FALSE(declare.lines.empty());
  EXPECT_EQ(declare.lines.back().lane, "1");
  EXPECT_EQ(declare.lines.back().to, std::to_string(received)) << "perhaps nobody else received these";
}

TEST(RetentionTest, ALaneWhoseOwnerIsGoneIsNotGivenUp) {
  NodeDriver driver(small());
  driver.start("me/1 x/1");
  driver.messages(20, 1000);
  driver.marker(2, "me/1");
  driver.beat("1:0:me:0:- 1:1:x:0:- 2:0:me:0:-");  // its claim is not answered yet
  for (int i = 0; driver.node.may_read() && i < 1000; ++i) driver.messages(100, 1000);
  EXPECT_FALSE(driver.node.may_read());
  EXPECT_FALSE(driver.held(1)->journal.given_up(1));
  EXPECT_EQ(driver.node.statistics().given_up_lanes, 0U);
}

TEST(RetentionTest, ItsOwnUncommittedLaneIsNeverGivenUpWhateverBecameOfTheServer) {
  NodeDriver driver(small());
  driver.start();
  for (int i = 0; driver.node.may_read() && i < 1000; ++i) driver.messages(100, 1000);
  const auto held = driver.held(1)->journal.count();
  driver.lose_commands();
  driver.lose_subscriber();
  driver.identity = "run2/repl2";
  driver.nonce = "group2";
  driver.time(200);
  EXPECT_TRUE(driver.node.may_read()) << "without its marker nothing goes on";
  driver.connect();
  driver.joined(2, "me/1", true);
  driver.marker(2, "me/1", true);
  driver.messages(10, 1000);
  driver.beat("2:0:me:0:-");
  EXPECT_EQ(driver.node.statistics().given_up_lanes, 0u);
  EXPECT_EQ(driver.held(1)->journal.lane(0).end() - driver.held(1)->journal.lane(0).first(), held);
  EXPECT_NE(driver.take<ReviveCall>().id, 0u);
}

TEST(RetentionTest, MoreGapsThanABeatTellsHoldItsFloorDown) {
  NodeDriver driver;
  driver.start("x/1 me/0");
  const auto lanes = [](const std::string& owner_and_position) {
    std::string text;
    for (int view = 1; view <= 70; ++view)
      text += (text.empty() ? "" : " ") + std::to_string(view) + ":0:" + owner_and_position + ":-";
    return text;
  };
  for (std::uint64_t view = 1; view <= 70; ++view) {
    if (view > 1) driver.marker(view, "x/1 me/0");
    driver.messages(4);
  }
  driver.beats(lanes("x:2"), 8'000);
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(71, "me/1");
  driver.marker(71, "me/1");
  driver.beat(lanes("gone:0"));
  const auto beat = driver.next_beat();
  EXPECT_EQ(beat.gaps.size(), 64u);
  EXPECT_EQ(beat.floor, 65u) << "of the lanes from there on nobody knows yet that it holds anything";
}

}  // namespace
}  // namespace tributary::group
