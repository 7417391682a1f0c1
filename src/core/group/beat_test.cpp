#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- beats

TEST(BeatTest, ATickMakesTheNextBeatTellCountAndDigestAtIt) {
  NodeDriver driver;
  driver.start();
  EXPECT_FALSE(driver.next_beat().counted);
  NodeDriver other;
  other.start();
  for (auto* one : {&driver, &other}) {
    one->messages(5);
    one->tick();
  }
  driver.messages(3);
  driver.lose_commands();
  driver.connect_commands();
  const auto beat = driver.next_beat(), same = other.next_beat();
  EXPECT_EQ(beat.last_tick, 1u);
  EXPECT_THAT(arguments_of(beat)[4], testing::StartsWith("1/1.v/5/"));
  EXPECT_EQ(beat.counted->digest, same.counted->digest);
  EXPECT_EQ(beat.highest->position, 8u);
}

TEST(BeatTest, ABeatIsSentAtOnceAfterAMarkerAndPublishesNoTick) {
  NodeDriver driver;
  driver.start();
  const auto regular = driver.next_beat();
  EXPECT_TRUE(regular.wants_tick);
  driver.marker(2, "me/1");
  EXPECT_FALSE(driver.asked(Script::beat)) << "one is under way";
  driver.answer_beat(regular, "");
  EXPECT_FALSE(driver.take<BeatCall>().wants_tick);
}

TEST(BeatTest, AnAnswerThatCannotBeUnderstoodEndsTheNode) {
  for (const auto* lanes : {"x", "1.v:0:a:b:c:d", "1.v:x:a:0:-", "v:0:a:0:-", "1.v:0:a:-1:-"}) {
    NodeDriver driver;
    driver.start();
    driver.answer(driver.next_beat().id, {"ok", "1.v", "x", "0", driver.list("me/1"), lanes, "", "1"});
    EXPECT_TRUE(driver.finished && driver.finished->why) << lanes;
  }
  NodeDriver driver;
  driver.start();
  driver.answer(driver.next_beat().id, {"ok", "1.v", "x", "0", driver.list("me/1"), "1.v:0:a:0:-", "", "1"});
  EXPECT_FALSE(driver.finished) << "these lanes can be";
}

TEST(BeatTest, FloorIsZeroUntilItsOwnMarkerIsRead) {
  NodeDriver driver;
  driver.connect();
  driver.joined(5, "me/1");
  const auto first = driver.next_beat();
  EXPECT_EQ(first.floor, 0u);
  driver.lose(first.id);
  driver.marker(5, "me/1");
  EXPECT_EQ(driver.next_beat().floor, 5u);
}

TEST(BeatTest, FloorIsHeldDownByViewsThatNoAnswerSpokeOf) {
  NodeDriver driver;
  driver.start("me/1", 3);
  driver.marker(4, "me/1");
  driver.take<BeatCall>();
  driver.lose_commands();
  driver.connect_commands();
  EXPECT_EQ(driver.next_beat().floor, 4u) << "of view 3 the last answer said: open, nothing held to commit";
  NodeDriver fresh;
  fresh.connect();
  fresh.joined(3, "me/1");
  fresh.marker(3, "me/1");
  fresh.marker(4, "me/1");
  fresh.lose_commands();
  fresh.connect_commands();
  EXPECT_EQ(fresh.next_beat().floor, 3u) << "silence is not closed";
}

TEST(BeatTest, FloorIsHeldDownByALaneWhoseNextMessageItHolds) {
  NodeDriver driver;
  driver.start("me/1 x/1", 3);
  driver.messages(4);
  driver.marker(4, "me/1");
  driver.beat("3:1:y:0:- 4:0:me:0:-");
  EXPECT_EQ(driver.next_beat().floor, 3u) << "the message at 2 is held";
  driver.lose_commands();
  driver.connect_commands();
  driver.beat("3:1:y:4:- 4:0:me:0:-");
  EXPECT_EQ(driver.next_beat().floor, 4u) << "nothing of it is left here";
}

TEST(BeatTest, FloorIsTheLastViewReadEvenIfItsLengthIsNotKnownElsewhere) {
  NodeDriver driver;
  driver.start("me/1", 3);
  driver.marker(4, "me/1");
  driver.beat("4:0:me:0:-");
  driver.beat("4:0:me:0:-");
  EXPECT_EQ(driver.next_beat().floor, 4u);
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  driver.joined(7, "me/1");
  EXPECT_EQ(driver.next_beat().floor, 0u) << "on a new connection it starts anew";
}

TEST(BeatTest, LengthsAreToldUntilTheServerKnowsEveryEnd) {
  NodeDriver driver;
  driver.start("me/1 x/0 y/2");
  driver.messages(7);
  driver.marker(2, "me/1 x/0 y/2");
  driver.beat("1:0:me:0:- 1:2:y:0:- 2:0:me:0:- 2:2:y:0:-");
  const auto& journal = driver.held(1)->journal;
  const auto expected =
      "1.v:7:" + std::to_string(journal.last_position(0)) + "/0/" + std::to_string(journal.last_position(2));
  const auto beat = driver.next_beat();
  EXPECT_EQ(lengths_of(beat), expected);
  driver.answer_beat(beat, "1:0:me:0:5 1:2:y:0:- 2:0:me:0:- 2:2:y:0:-");
  const auto again = driver.next_beat();
  EXPECT_EQ(lengths_of(again), expected);
  driver.answer_beat(again, "1:0:me:0:5 1:2:y:0:7 2:0:me:0:- 2:2:y:0:-");
  EXPECT_TRUE(driver.next_beat().lengths.empty());
}

}  // namespace
}  // namespace tributary::group
