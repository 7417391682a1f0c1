#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- joining

TEST(MembershipTest, CommandsConnectedThenASubscriberIsAskedForOnceAndThenAJoin) {
  NodeDriver driver;
  driver.time(0);
  EXPECT_EQ(driver.connects, 0);
  driver.connect_commands();
  driver.time(100);
  EXPECT_EQ(driver.connects, 1);
  EXPECT_FALSE(driver.asked(Script::join));
  driver.subscribe();
  const auto join = driver.take<JoinCall>();
  EXPECT_EQ(join.caller.group, "out");
  EXPECT_EQ(join.caller.member.text, driver.me());
  EXPECT_TRUE(join.caller.nonce.empty());
  EXPECT_EQ(join.weight, 1u);
  EXPECT_TRUE(join.former.empty());
  EXPECT_EQ(join.highest_view, 0u);
  EXPECT_EQ(join.fingerprint, "print");
}

TEST(MembershipTest, AnswerBeforeMarkerOrMarkerBeforeAnswerMakesTheSameMember) {
  for (const bool answer_first : {true, false}) {
    NodeDriver driver;
    driver.connect();
    if (answer_first) driver.joined(1, "me/1");
    driver.messages(2);
    driver.marker(1, "me/1");
    driver.messages(3);
    if (!answer_first) driver.joined(1, "me/1");
    EXPECT_TRUE(driver.node.joined());
    EXPECT_EQ(driver.held(1)->journal.count(), 3u) << "what came before the marker is not of this view";
    EXPECT_EQ(driver.node.statistics().received, 3u);
    EXPECT_TRUE(driver.commit());
  }
}

TEST(MembershipTest, ALostAnswerToJoinThenTheSameJoinAgain) {
  NodeDriver driver;
  driver.connect();
  const auto first = driver.take<JoinCall>();
  driver.lose(first.id);
  for (int i = 0; i < 100 && !driver.asked(Script::join); ++i) driver.time(20);
  EXPECT_EQ(driver.take<JoinCall>().caller.member, first.caller.member);
}

TEST(MembershipTest, AMarkerOfAnotherGroupIsIgnoredAndCounted) {
  NodeDriver driver;
  driver.start();
  driver.nonce = "other";
  driver.marker(5, "x/1");
  driver.tick();
  driver.control("garbage");
  EXPECT_EQ(driver.held(5), nullptr);
  EXPECT_EQ(driver.node.statistics().foreign_control, 3u);
  EXPECT_TRUE(driver.node.joined());
}

TEST(MembershipTest, AMarkerOfAnotherGroupIsIgnoredAlsoIfItListsAMemberOfThisOne) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.nonce = "other";
  driver.marker(5, "me/1");
  driver.messages(1);
  EXPECT_EQ(driver.held(5), nullptr);
  EXPECT_FALSE(driver.held(1)->length) << "or it would tell the others a wrong length";
  EXPECT_EQ(driver.held(1)->journal.count(), 4u);
  EXPECT_EQ(driver.work(5, 0), nullptr);
}

TEST(MembershipTest, AMarkerReadTwiceStartsNoSecondJournal) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.marker(1, "me/1");
  EXPECT_EQ(driver.held(1)->journal.count(), 3u);
  EXPECT_EQ(driver.node.held_views().size(), 1u);
}

TEST(MembershipTest, RefusedForGoodThenItEndsAndSaysWhy) {
  const auto ending = [](std::vector<std::string> values) {
    NodeDriver driver;
    driver.connect();
    driver.answer(driver.take<JoinCall>().id, std::move(values));
    EXPECT_TRUE(driver.finished && driver.finished->why);
    driver.time(10000);
    EXPECT_FALSE(driver.asked(Script::join));
    return *driver.finished->why;
  };
  EXPECT_EQ(std::get<WrongType>(ending({"wrongtype", "KEY", "list", "hash"})).key, "KEY");
  EXPECT_EQ(std::get<ListInUse>(ending({"list", "LIST", "theirs"})).by, "theirs");
  EXPECT_EQ(std::get<OtherProtocol>(ending({"protocol", "99"})).theirs, "99");
  EXPECT_EQ(std::get<OtherFingerprint>(ending({"fingerprint", "their print"})).theirs, "their print");
}

TEST(MembershipTest, SubscriberAndCommandsAtDifferentServersThenTheSubscriberIsDropped) {
  NodeDriver driver;
  driver.connect();
  const auto join = driver.take<JoinCall>();
  driver.identity = "another/repl";
  driver.answer(join.id, {"ok", "1.v", driver.list("me/1"), driver.identity, "group", "0", "nobody"});
  EXPECT_FALSE(driver.node.joined());
  EXPECT_EQ(driver.subscriber_drops, 1);
}

TEST(MembershipTest, ItStartedTheGroupThenWhatCameBeforeIsDeclared) {
  NodeDriver driver;
  driver.connect();
  driver.messages(2);
  driver.joined(1, "me/1", true);
  driver.marker(1, "me/1", true);
  EXPECT_EQ(driver.node.statistics().received, 2u);
  const auto declare = driver.take<DeclareCall>();
  ASSERT_EQ(declare.lines.size(), 1u);
  EXPECT_EQ(declare.lines[0].messages, 2u);
  EXPECT_EQ(declare.lines[0].kind, LossLine::Kind::lost);
  NodeDriver later;
  later.connect();
  later.messages(2);
  later.joined(2, "x/1 me/1");
  later.marker(2, "x/1 me/1");
  EXPECT_FALSE(later.asked(Script::declare)) << "the group lived: they are somebody's";
}

TEST(MembershipTest, ADeclarationIsMadeAgainUntilTheServerHasIt) {
  NodeDriver driver;
  driver.connect();
  driver.messages(2);
  driver.joined(1, "me/1", true);
  driver.marker(1, "me/1", true);
  driver.refuse(driver.take<DeclareCall>().id, "OOM");
  driver.beat("");
  driver.beat("");
  const auto again = driver.take<DeclareCall>();
  ASSERT_EQ(again.lines.size(), 1u);
  driver.answer(again.id, {"ok"});
  driver.beat("");
  driver.beat("");
  EXPECT_FALSE(driver.asked(Script::declare));
}

// --- connections lost, expulsion

TEST(MembershipTest, SubscriberLostThenItJoinsAsANewMemberNamingWhatItWas) {
  NodeDriver driver;
  driver.start("me/1", 4);
  driver.messages(3);
  const auto before = driver.me();
  driver.lose_subscriber();
  EXPECT_FALSE(driver.node.joined());
  EXPECT_NE(driver.me(), before);
  EXPECT_TRUE(driver.commit()) << "until then it goes on committing what it owns";
  driver.time(200);
  EXPECT_EQ(driver.connects, 2);
  driver.subscribe();
  const auto join = driver.take<JoinCall>();
  EXPECT_EQ(join.former, std::vector{MemberId(before)});
  EXPECT_EQ(join.highest_view, 4u) << "the highest view it saw";
  EXPECT_EQ(join.seen, (std::vector{Identity{"run", "repl"}}));
  driver.messages(1);
  EXPECT_EQ(driver.held(4)->journal.count(), 3u) << "what comes on another connection is not of that view";
  EXPECT_FALSE(driver.held(4)->length);
}

TEST(MembershipTest, FormerMembersAreNamedUntilAJoinIsConfirmed) {
  NodeDriver driver;
  driver.start();
  const auto first = driver.me();
  driver.lose_subscriber();
  const auto second = driver.me();
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  EXPECT_EQ(std::get<JoinCall>(driver.calls.back().call).former,
            (std::vector{MemberId(first), MemberId(second)}));
  driver.joined(3, "me/1");
  const auto third = driver.me();
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  EXPECT_EQ(driver.take<JoinCall>().former, std::vector{MemberId(third)});
}

TEST(MembershipTest, AnAnswerToAFormerMemberIsIgnored) {
  NodeDriver driver;
  driver.start();
  const auto beat = driver.next_beat();
  driver.lose_subscriber();
  driver.answer(beat.id, {"nomember", "why"});
  EXPECT_EQ(driver.node.statistics().expulsions, 0u);
}

TEST(MembershipTest, ALaterMarkerWithoutItMeansExpelledAndItGoesOnHolding) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.marker(2, "x/1");
  driver.messages(3);
  EXPECT_FALSE(driver.node.joined());
  EXPECT_EQ(driver.subscriber_drops, 0) << "the same connection will do";
  EXPECT_EQ(driver.held(1)->length, 4u);
  EXPECT_EQ(driver.held(2)->journal.count(), 3u);
  for (int i = 0; i < 20 && !driver.asked(Script::join); ++i) driver.time(50);
  EXPECT_EQ(driver.take<JoinCall>().highest_view, 2u);
}

TEST(MembershipTest, MarkersBeforeItsOwnAreReadAndExpelNobody) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  driver.marker(2, "x/1");
  driver.messages(3);
  driver.joined(4, "x/1 me/1");
  driver.marker(3, "x/1 y/1");
  EXPECT_TRUE(driver.node.joined());
  EXPECT_EQ(driver.held(2)->length, 3u);
  driver.marker(4, "x/1 me/1");
  EXPECT_TRUE(driver.node.joined());
  EXPECT_NE(driver.work(4, 1), nullptr);
}

TEST(MembershipTest, CommandsLostThenItStaysAMemberAndAsksAgain) {
  NodeDriver driver;
  driver.start();
  const auto beat = driver.next_beat();
  driver.lose_commands();
  driver.time(1000);
  EXPECT_FALSE(driver.asked(Script::beat));
  driver.connect_commands();
  EXPECT_EQ(driver.next_beat().caller.member, beat.caller.member);
  EXPECT_EQ(driver.connects, 1) << "losing only the command connection costs nothing";
}

TEST(MembershipTest, NoAnswerForThreeLeasesThenTheCommandConnectionIsRenewedAndNotBefore) {
  NodeDriver driver;
  driver.start();
  driver.next_beat();
  driver.time(3 * driver.node.settings().lease_ms - 1);
  EXPECT_EQ(driver.command_drops, 0);
  driver.time(1);
  EXPECT_EQ(driver.command_drops, 1);
}

TEST(MembershipTest, AnswersThatNeverComeAreNoticedAlsoByWhoIsExpelledAgainAndAgain) {
  NodeDriver driver;
  driver.start();
  driver.server_answers = false;  // but does as it is told: joins, and markers that confirm them
  for (std::uint64_t number = 2; driver.command_drops == 0; number += 2) {
    ASSERT_LT(number, 20u);
    driver.marker(number, "x/1");
    for (int i = 0; i < 20 && !driver.asked(Script::join); ++i) driver.time(50);
    driver.marker(number + 1, "x/1 me/1");
    driver.time(2000);
  }
}

TEST(MembershipTest, RefusalsOfABeatAndWhatTheyLeadTo) {
  struct Case {
    std::vector<std::string> answer;
    int drops;
    bool joined;
  };
  for (const auto& [answer, drops, joined] :
       std::vector<Case>{{{"nomember", ""}, 0, false},
                         {{"nomember", "its messages differ"}, 1, false},
                         {{"stale", "9"}, 1, false},
                         {{"nostate"}, 0, false},
                         {{"nonce", "new"}, 0, false},
                         {{"identity", "run/other"}, 0, false},
                         {{"identity", "other/repl"}, 1, false}}) {
    NodeDriver driver;
    driver.start();
    driver.answer(driver.next_beat().id, answer);
    EXPECT_EQ(driver.subscriber_drops, drops) << answer[0] << answer.back();
    EXPECT_EQ(driver.node.joined(), joined) << answer[0];
    EXPECT_FALSE(driver.finished);
  }
}

TEST(MembershipTest, ABeatRefusedByTheServerChangesNothing) {
  for (const auto* error : {"OOM x", "LOADING x", "MISCONF x", "BUSY x", "NOSCRIPT x"}) {
    NodeDriver driver;
    driver.start();
    driver.refuse(driver.next_beat().id, error);
    EXPECT_TRUE(driver.node.joined());
    EXPECT_EQ(driver.subscriber_drops + driver.command_drops, 0);
    EXPECT_NE(driver.next_beat().id, 0u);
  }
}

TEST(MembershipTest, AServerThatGaveTheGroupAwayEndsBothConnections) {
  for (const auto* const error : {"READONLY You can't write", "MOVED 4711 10.0.0.1:7000"}) {
    NodeDriver driver;
    driver.start();
    driver.messages(1);
    const auto sent = driver.commit();
    driver.refuse(sent->id, error);
    EXPECT_EQ(driver.subscriber_drops, 1) << error;
    EXPECT_EQ(driver.command_drops, 1) << error;
    EXPECT_FALSE(driver.node.joined()) << error;
  }
}

// The bus of a cluster brings messages to the old server and to the new one: all have left the old one before anybody comes.
TEST(MembershipTest, WhoIsToldThatTheGroupHasMovedComesAMomentLater) {
  NodeDriver driver;
  driver.start();
  driver.refuse(driver.next_beat().id, "MOVED 4711 10.0.0.1:7000");
  driver.node.on_commands_connected(*Identity::parse("new/repl"), driver.now);
  driver.absorb();
  const auto before = driver.connects;
  driver.time(49);
  EXPECT_EQ(driver.connects, before);
  driver.time(51);
  EXPECT_EQ(driver.connects, before + 1);
}

TEST(MembershipTest, MessagesThatDifferTwiceWithinAMinuteEndTheNode) {
  NodeDriver driver;
  driver.start();
  driver.answer(driver.next_beat().id, {"nomember", "its messages differ from those of x at tick 3"});
  driver.time(2000);
  driver.subscribe();
  driver.joined(3, "x/1 me/1");
  driver.marker(3, "x/1 me/1");
  driver.answer(driver.next_beat().id, {"nomember", "its messages differ from those of x at tick 9"});
  ASSERT_TRUE(driver.finished && driver.finished->why);
  EXPECT_THAT(std::get<Mismatch>(*driver.finished->why).why, HasSubstr("those of x"));
}

TEST(MembershipTest, ATickOrMarkerOfAnotherServerEndsTheConnection) {
  for (const bool tick : {true, false}) {
    NodeDriver driver;
    driver.start();
    driver.identity = "another/repl";
    if (tick) {
      driver.tick();
    } else {
      driver.marker(2, "me/1");
    }
    EXPECT_EQ(driver.subscriber_drops, 1);
    EXPECT_FALSE(driver.node.joined());
  }
}

// --- waits have a bound

TEST(MembershipTest, ASubscriptionThatIsNotConfirmedIsGivenUp) {
  NodeDriver driver;
  driver.connect_commands();
  EXPECT_EQ(driver.connects, 1);
  driver.time(3'900);
  EXPECT_EQ(driver.subscriber_drops, 0);
  driver.time(100);
  EXPECT_EQ(driver.subscriber_drops, 1);
  driver.time(1'000);
  EXPECT_EQ(driver.connects, 2);
  driver.time(7'900);
  EXPECT_EQ(driver.subscriber_drops, 1) << "more patience: the way may be slow";
  driver.time(100);
  EXPECT_EQ(driver.subscriber_drops, 2);
}

// --- the same node, another member

TEST(MembershipTest, ANewConnectionOfTheSameNodeGoesOnWithItsLanes) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  const auto commit = driver.commit(2);
  driver.answer(commit->id, {"ok", "2"});
  const auto serial = driver.work(1, 0)->serial;
  const auto before = driver.me();
  driver.lose_subscriber();
  EXPECT_TRUE(driver.commit(1)) << "under its former id, until it joins";
  driver.time(200);
  driver.subscribe();
  EXPECT_FALSE(driver.node.next_commit(1, driver.now)) << "whose the lane is, the answer tells";
  const auto join = driver.calls.back();
  EXPECT_EQ(std::get<JoinCall>(join.call).former, std::vector{MemberId(before)});
  EXPECT_EQ(std::get<JoinCall>(join.call).holds, (std::vector{ViewId{1, "v"}}));
  driver.joined(2, "me/1");
  EXPECT_EQ(driver.work(1, 0)->serial, serial);
  EXPECT_EQ(driver.work(1, 0)->owner.text, driver.me());
  EXPECT_FALSE(driver.asked(Script::claim));
}

TEST(MembershipTest, TheAnswerToAJoinIsLostThenAFenceByItselfIsNone) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  driver.lose(driver.take<JoinCall>().id);
  const auto commit = driver.commit(2);
  ASSERT_TRUE(commit);
  EXPECT_NE(commit->plan.owner.text, driver.me());
  driver.answer(commit->id, {"fenced", driver.me()});
  const auto again = driver.commit(2);
  ASSERT_TRUE(again) << "the lane is still its own";
  EXPECT_EQ(again->plan.owner.text, driver.me());
}

TEST(MembershipTest, TooManyLanesAreOpenThenItSaysSoOnceAndWaits) {
  NodeDriver driver;
  driver.connect();
  for (int i = 0; i < 3; ++i) {
    driver.answer(driver.take<JoinCall>().id, {"full", "2000"});
    for (int k = 0; k < 100 && !driver.asked(Script::join); ++k) driver.time(50);
  }
  EXPECT_EQ(std::count_if(driver.reports.begin(), driver.reports.end(),
                          [](const auto& line) { return line.find("2000 lanes") != std::string::npos; }),
            1);
  driver.joined(1, "me/1");
  EXPECT_TRUE(driver.node.joined());
}

// --- messages that are nobody's

TEST(MembershipTest, WhatComesWhenNobodyIsThereIsDeclaredWithWhatIsKnownOfIt) {
  for (const std::string before : {"nobody", "silent"}) {
    NodeDriver driver;
    driver.connect();
    driver.messages(3);
    driver.answer(driver.take<JoinCall>().id,
                  {"ok", "2.v", driver.list("me/1"), driver.identity, "group", "0", before});
    driver.marker(2, "me/1", true);
    const auto declare = driver.take<DeclareCall>();
    ASSERT_EQ(declare.lines.size(), 1u);
    EXPECT_EQ(declare.lines[0].messages, 3u);
    EXPECT_EQ(declare.lines[0].kind, before == "nobody" ? LossLine::Kind::lost : LossLine::Kind::possible);
  }
}

TEST(MembershipTest, WhatComesBehindAViewOfNobodyIsNobodys) {
  NodeDriver driver;
  driver.connect();
  driver.messages(3);
  driver.control("tributary/1 marker group 1.v 0.x run/repl 0 y/1/1/0");
  driver.messages(4);
  driver.control("tributary/1 marker group 2.v 1.v run/repl 0 -");
  driver.messages(5);
  driver.answer(driver.take<JoinCall>().id,
                {"ok", "3.v", driver.list("me/1"), driver.identity, "group", "0", "nobody"});
  driver.marker(3, "me/1", true);
  const auto declare = driver.take<DeclareCall>();
  ASSERT_EQ(declare.lines.size(), 1u);
  EXPECT_EQ(declare.lines[0].messages, 5u) << "those before are y's";
}

}  // namespace
}  // namespace tributary::group
