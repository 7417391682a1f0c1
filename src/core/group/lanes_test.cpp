#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Who works on what: taking up, claiming, committing, releasing. Named by condition and outcome.
namespace tributary::group {
namespace {

TEST(LanesTest, OwnLaneOfAMarkerIsTakenUpAndCommittedInOrder) {
  NodeDriver driver;
  driver.start("x/1 me/1");
  EXPECT_FALSE(driver.commit()) << "nothing to commit";
  driver.messages(7);
  const auto first = driver.commit(2);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->plan.lane.text(), "1.v:1");
  EXPECT_EQ(first->plan.owner, driver.node.member());
  EXPECT_EQ(first->plan.after, 0u);
  EXPECT_EQ(first->plan.end, 2u);
  const auto second = driver.commit(2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->plan.after, 4u) << "positions 2 and 4 are before it";
  EXPECT_EQ(second->plan.end, 3u);
  driver.messages(1);
  EXPECT_FALSE(driver.commit()) << "two are in flight";
  driver.answer(first->id, {"ok", "4"});
  EXPECT_EQ(driver.work(1, 1)->acknowledged, 2u);
  driver.answer(second->id, {"ok", "6"});
  EXPECT_EQ(driver.node.statistics().committed, 3u);
  EXPECT_EQ(driver.node.backlog(), 1u);
  const auto third = driver.commit();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->plan.after, 6u);
}

TEST(LanesTest, AStandbyTakesNothingUp) {
  NodeDriver driver;
  driver.start("x/1 me/0");
  driver.messages(5);
  EXPECT_TRUE(driver.node.works().empty());
  EXPECT_EQ(driver.held(1)->journal.count(), 5u) << "but it holds";
}

// What is in without a position stays in, however often what was sent in front of it fails.
TEST(LanesTest, EntriesWithoutAPositionAreNotAppendedAgainBecauseThoseInFrontOfThemFailed) {
  NodeDriver driver;
  driver.start();
  driver.messages(6);
  const auto first = driver.commit(2), second = driver.commit(2);
  driver.answer(first->id, {"failed", "0", "ERR trouble"});
  driver.node.on_answer(second->id, {Answer::Kind::unsettled, {}, "MISCONF disk"}, driver.now);
  for (int attempt = 0; attempt < 3; ++attempt) {
    driver.now += 5000;
    const auto again = driver.commit(), move = driver.commit();
    ASSERT_TRUE(again && move);
    EXPECT_EQ(again->plan.end, 2u) << attempt;
    EXPECT_FALSE(move->plan.only_move_at.empty()) << attempt;
    driver.answer(again->id, {"failed", "0", "ERR trouble"});
    driver.answer(move->id, {"gap", "0"});
  }
}

TEST(LanesTest, FirstOfTwoCommitsRefusedThenBothAreSentAgainFromThePositionTold) {
  for (const auto* error : {"NOSCRIPT none", "OOM command not allowed", "LOADING"}) {
    NodeDriver driver;
    driver.start();
    driver.messages(4);
    const auto first = driver.commit(2), second = driver.commit(2);
    driver.refuse(first->id, error);
    driver.messages(2);
    driver.now += 1000;
    EXPECT_FALSE(driver.commit()) << "before the second has answered nothing may be sent";
    driver.answer(second->id, {"gap", "0"});
    driver.now += 1000;
    const auto again = driver.commit();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->plan.first, 0u);
    EXPECT_EQ(again->plan.end, 6u);
    EXPECT_EQ(again->plan.after, 0u);
  }
}

TEST(LanesTest, AShortCommitThatFindsAnotherRecordIsMadeAgainInTheLongForm) {
  NodeDriver driver;
  driver.start();
  driver.messages(5);
  const auto longer = driver.commit(1);
  EXPECT_FALSE(longer->plan.may_be_plain) << "nothing went well so far";
  driver.answer(longer->id, {"ok", "1"});
  const auto first = driver.commit(1);
  EXPECT_TRUE(first->plan.may_be_plain);
  driver.answer(first->id, {"ok"});  // no position: the one it was to move to
  EXPECT_EQ(driver.node.statistics().committed, 2u);
  const auto second = driver.commit(1), third = driver.commit(1);
  driver.answer(second->id, {"changed"});
  EXPECT_FALSE(driver.commit()) << "before the third has answered nothing may be sent";
  driver.answer(third->id, {"changed"});
  const auto again = driver.commit();
  ASSERT_TRUE(again) << "without a pause";
  EXPECT_FALSE(again->plan.may_be_plain);
  EXPECT_EQ(again->plan.first, 2u);
  EXPECT_EQ(again->plan.end, 5u);
  driver.answer(again->id, {"ok", "5"});
  driver.messages(1);
  EXPECT_TRUE(driver.commit()->plan.may_be_plain);
}

TEST(LanesTest, ASecondCommitGoesOutOnlyIfEnoughWaits) {
  auto settings = NodeDriver::settings();
  settings.second_commit_from = 3;
  NodeDriver driver(settings);
  driver.start();
  driver.messages(2);
  const auto first = driver.commit();
  driver.messages(2);
  EXPECT_FALSE(driver.commit());
  driver.messages(1);
  const auto second = driver.commit();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->plan.end, 5u);
  driver.messages(1);
  driver.answer(first->id, {"ok", "2"});
  EXPECT_FALSE(driver.commit());
  driver.answer(second->id, {"ok", "5"});
  EXPECT_TRUE(driver.commit()) << "nothing is under way any more";
}

TEST(LanesTest, ACommitWhoseAnswerIsLostIsMadeAgainFromWhatIsKnown) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  const auto first = driver.commit(2), second = driver.commit(2);
  driver.answer(first->id, {"ok", "2"});
  driver.lose_commands();
  EXPECT_FALSE(driver.commit()) << "no connection";
  driver.node.on_commands_connected({"run", "repl"}, driver.now + 10);
  driver.now += 10;
  driver.absorb();
  const auto again = driver.commit();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->plan.first, 2u);
  driver.answer(again->id, {"ok", "4"});
  EXPECT_EQ(driver.node.backlog(), 0u);
  driver.answer(second->id, {"ok", "4"});  // given up on: must not be counted
  EXPECT_EQ(driver.node.statistics().committed, 4u);
}

TEST(LanesTest, AGapBelowWhatWasAcknowledgedGoesBack) {
  NodeDriver driver;
  driver.start();
  driver.messages(6);
  driver.answer(driver.commit(4)->id, {"ok", "4"});
  driver.answer(driver.commit()->id, {"gap", "1"});  // Redis lost three acknowledged entries
  const auto again = driver.commit();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->plan.after, 1u);
  EXPECT_EQ(again->plan.first, 1u);
  EXPECT_EQ(again->plan.end, 6u);
}

TEST(LanesTest, APositionBeyondWhatWasSentIsWhereItGoesOn) {
  NodeDriver driver;
  driver.start();
  driver.messages(6);
  driver.answer(driver.commit(2)->id, {"ok", "5"});
  EXPECT_EQ(driver.commit()->plan.first, 5u);
}

TEST(LanesTest, AFailedCommitIsReportedOnceAndTriedAgainWithAPauseFromWhatIsIn) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  for (int i = 0; i < 3; ++i) {
    const auto sent = driver.commit();
    ASSERT_TRUE(sent);
    driver.answer(sent->id, {"failed", "1", "WRONGTYPE"});
    EXPECT_FALSE(driver.commit()) << "at once would be a storm";
    driver.now += 1000;
  }
  const auto again = driver.commit();
  EXPECT_EQ(again->plan.first, 1u);
  EXPECT_EQ(driver.reports.size(), 1u);
  EXPECT_EQ(driver.decisions.back(), "a commit to lane " + again->plan.lane.text() + " was not done: failed");
}

TEST(LanesTest, FencedOrGoneDropsThatLaneAndNothingElse) {
  for (const auto* status : {"fenced", "gone"}) {
    NodeDriver driver;
    driver.start("me/1 x/1");
    driver.marker(2, "me/1 x/1");
    driver.messages(2);
    driver.marker(3, "me/1 x/1");
    driver.messages(2);
    const auto sent = driver.commit();
    EXPECT_EQ(sent->plan.lane.text(), "2.v:0") << "older views first";
    driver.answer(sent->id, {status, "y"});
    EXPECT_EQ(driver.work(2, 0), nullptr);
    EXPECT_NE(driver.work(3, 0), nullptr);
    EXPECT_TRUE(driver.node.joined());
    EXPECT_NE(driver.held(2), nullptr) << "the journal stays";
    EXPECT_EQ(driver.commit()->plan.lane.text(), "3.v:0");
  }
}

TEST(LanesTest, ResultsThatAreNotReadyHoldBackNewerLanes) {
  auto settings = NodeDriver::settings();
  settings.inline_processing = false;
  NodeDriver driver(settings);
  driver.start();
  driver.messages(2);
  driver.marker(2, "me/1");
  driver.messages(2);
  for (auto& work : driver.node.works()) {
    if (work.lane.view.number == 2) work.ready = 2;
  }
  EXPECT_FALSE(driver.commit());
  for (auto& work : driver.node.works()) {
    if (work.lane.view.number == 1) work.ready = 1;
  }
  const auto sent = driver.commit();
  EXPECT_EQ(sent->plan.lane.text(), "1.v:0");
  EXPECT_EQ(sent->plan.end, 1u);
}

TEST(LanesTest, ALaneWhoseOwnerIsGoneIsClaimedAndGoneOnWithAtThePositionTold) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.marker(2, "me/1");
  driver.beat("1:0:me:0:- 1:1:x:2:- 2:0:me:0:-");
  const auto claim = driver.take<ClaimCall>();
  EXPECT_EQ(arguments_of(claim), (Arguments{"out", driver.me(), "group", "1.v:1", "x"}));
  driver.beat("1:0:me:0:- 1:1:x:2:- 2:0:me:0:-");
  EXPECT_FALSE(driver.asked(Script::claim)) << "one is under way";
  driver.answer(claim.id, {"ok", "4", "6"});
  ASSERT_NE(driver.work(1, 1), nullptr);
  EXPECT_EQ(driver.work(1, 1)->acknowledged, 2u);
  EXPECT_EQ(driver.node.statistics().claims, 1u);
}

TEST(LanesTest, AMessageAtWhichNodesDiedIsComeUponAloneAndThenGivenUp) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(10);  // 2, 4, ... are of the other lane
  driver.marker(2, "me/1");
  driver.beat("1:0:me:0:- 1:1:x:2:- 2:0:me:0:-");
  driver.answer(driver.take<ClaimCall>().id, {"ok", "2", "-", "3"});
  ASSERT_EQ(driver.reports.size(), 1U);
  EXPECT_NE(driver.reports[0].find("3 nodes died, one after the other, with lane 1.v:1 at the same message "
                                   "(position 1.v:4)"),
            std::string::npos)
      << driver.reports[0];
  const auto own = driver.commit();
  ASSERT_TRUE(own && own->plan.lane.index == 0);
  const auto poisoned = driver.commit();
  ASSERT_TRUE(poisoned);
  EXPECT_TRUE(poisoned->plan.poisoned);
  EXPECT_EQ(poisoned->plan.end - poisoned->plan.first, 1U);
  driver.answer(own->id, {"ok", "9"});
  EXPECT_FALSE(driver.commit()) << "one at a time";
  driver.answer(poisoned->id, {"ok", "4"});
  const auto next = driver.commit();
  ASSERT_TRUE(next);
  EXPECT_FALSE(next->plan.poisoned);
  EXPECT_EQ(next->plan.end - next->plan.first, 1U) << "there may be more of them";
}

TEST(LanesTest, AReleasedLaneIsClaimedWithNoOwnerSeen) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.marker(2, "me/1 x/1");
  driver.beat("1:1:-:2:- 2:0:me:0:- 2:1:x:0:-");
  EXPECT_TRUE(driver.take<ClaimCall>().owner_seen.empty());
}

TEST(LanesTest, OnlyWhatIsHeldIsClaimedAndOnlyFromWhoIsGone) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);  // x's lane: 2, 4, 6
  driver.marker(2, "me/1 x/1");
  driver.beat("1:1:x:2:- 2:0:me:0:- 2:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::claim)) << "x is listed";
  driver.beat("1:1:gone:6:- 2:0:me:0:- 2:1:x:0:- 7:0:gone:0:-");
  EXPECT_FALSE(driver.asked(Script::claim))
      << "nothing of it is left here, and views never read are not its own";
}

TEST(LanesTest, AClaimAnsweredOwnedOrGoneIsLetGo) {
  for (const auto& values : std::vector<std::vector<std::string>>{{"owned", "y"}, {"gone"}}) {
    NodeDriver driver;
    driver.start("me/1 x/1");
    driver.messages(6);
    driver.marker(2, "me/1");
    driver.beat("1:1:x:2:- 2:0:me:0:-");
    driver.answer(driver.take<ClaimCall>().id, values);
    EXPECT_EQ(driver.work(1, 1), nullptr);
    EXPECT_TRUE(driver.node.joined());
  }
}

TEST(LanesTest, AClaimWhoseAnswerWasLostIsTakenUpFromTheNextBeat) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.marker(2, "me/1");
  driver.beat("1:1:x:2:- 2:0:me:0:-");
  driver.lose(driver.take<ClaimCall>().id);
  EXPECT_EQ(driver.work(1, 1), nullptr);
  driver.beat("1:1:me:2:- 2:0:me:0:-");
  ASSERT_NE(driver.work(1, 1), nullptr);
  EXPECT_EQ(driver.work(1, 1)->sent, 1u);
  EXPECT_FALSE(driver.asked(Script::claim));
}

TEST(LanesTest, AClaimThatWasLostBeforeItWasDoneIsMadeAgain) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.marker(2, "me/1");
  driver.beat("1:1:x:2:- 2:0:me:0:-");
  driver.refuse(driver.take<ClaimCall>().id, "OOM");
  driver.beat("1:1:x:2:- 2:0:me:0:-");
  EXPECT_TRUE(driver.asked(Script::claim));
}

TEST(LanesTest, AnOwnedLaneThatItCanNeitherContinueNorEndIsReleased) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(3);
  driver.answer(driver.commit()->id, {"ok", "3"});
  driver.lose_subscriber();  // the view's end is not known to it
  driver.time(200);
  driver.subscribe();
  driver.joined(2, "me/1");
  driver.marker(2, "me/1");
  driver.beat("1:0:me:3:- 1:1:gone:2:- 2:0:me:0:-");
  const auto release = driver.take<CommitCall>();
  EXPECT_EQ(arguments_of(release), (Arguments{driver.me(), "1.v:0", "0", "1", "0"}));
  driver.beat("1:0:me:3:- 2:0:me:0:-");
  EXPECT_FALSE(driver.asked(Script::commit)) << "it is under way";
  driver.lose(release.id);
  driver.beat("1:0:me:3:- 2:0:me:0:-");
  const auto again = driver.take<CommitCall>();
  EXPECT_EQ(arguments_of(again), (Arguments{driver.me(), "1.v:0", "0", "1", "0"}));
  driver.answer(again.id, {"ok", "3"});
  EXPECT_EQ(driver.work(1, 0), nullptr);
}

TEST(LanesTest, ALaneThatIsDoneUpToItsKnownEndIsNotReleased) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.marker(2, "me/1");
  driver.beat("1:0:me:3:- 2:0:me:0:-");
  EXPECT_FALSE(driver.asked(Script::commit)) << "the next beat tells the server its length, which closes it";
  EXPECT_EQ(lengths_of(driver.next_beat()), "1.v:3:3");
}

TEST(LanesTest, ALaneThatAnAnswerDoesNotListIsClosedAndDropped) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.marker(2, "me/1");
  EXPECT_NE(driver.work(1, 0), nullptr);
  driver.beat("2:0:me:0:-");
  EXPECT_EQ(driver.work(1, 0), nullptr);
  EXPECT_NE(driver.work(2, 0), nullptr);
}

TEST(LanesTest, AnAnswerOlderThanAViewSaysNothingAboutIt) {
  NodeDriver driver;
  driver.start();
  const auto beat = driver.next_beat();
  driver.marker(2, "me/1");  // while the beat is under way
  driver.messages(3);
  driver.view = 1;
  driver.answer_beat(beat, "1:0:me:0:-");
  EXPECT_NE(driver.work(2, 0), nullptr) << "its silence is not 'closed'";
  EXPECT_FALSE(driver.held(2)->said);
  EXPECT_TRUE(driver.commit());
}

TEST(LanesTest, ALaneThatAnotherListedMemberOwnsIsDropped) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(2);
  driver.beat("1:0:x:0:- 1:1:x:0:-");
  EXPECT_EQ(driver.work(1, 0), nullptr);
}

TEST(LanesTest, AnExpelledNodeGoesOnCommittingWhatItOwnsUntilItIsClaimedAnew) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  const auto before = driver.node.member();
  driver.messages(4);
  driver.marker(2, "x/1");
  driver.messages(2);
  const auto sent = driver.commit();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->plan.owner, before);
  driver.answer(sent->id, {"ok", "3"});
  EXPECT_EQ(driver.work(1, 0)->acknowledged, 2u);
}

TEST(LanesTest, AllItsConsumersHangThenOthersGetItsLanes) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.figures = "//////,////0/1/";
  driver.node.set_consumers({}, 1, true);
  driver.beat("");
  EXPECT_FALSE(driver.asked(Script::commit)) << "x hangs, too";
  driver.figures = "//////,//////";
  driver.beat("");
  const auto release = driver.take<CommitCall>();
  ASSERT_NE(release.id, 0u);
  EXPECT_TRUE(release.release);
  driver.answer(release.id, {"ok", "0"});
  driver.beat("1:0:-:0:- 1:1:x:0:-");
  EXPECT_FALSE(driver.asked(Script::claim)) << "others may";
  driver.node.set_consumers({1}, 0, false);
  driver.beat("1:0:-:0:- 1:1:x:0:-");
  EXPECT_TRUE(driver.asked(Script::claim));
}

TEST(LanesTest, WhatTheServerLostAndGetsAgainIsCountedApart) {
  NodeDriver driver;
  driver.start();
  driver.messages(6);
  driver.answer(driver.commit(4)->id, {"ok", "4"});
  driver.answer(driver.commit(1)->id, {"gap", "1"});
  driver.answer(driver.commit(5)->id, {"ok", "6"});
  EXPECT_EQ(driver.node.statistics().committed, 6u);
  EXPECT_EQ(driver.node.statistics().committed_again, 3u);
}

}  // namespace
}  // namespace tributary::group
