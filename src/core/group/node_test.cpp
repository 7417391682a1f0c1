#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- joining

TEST(NodeTest, commands_connected_then_a_subscriber_is_asked_for_once_and_then_a_join) {
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

TEST(NodeTest, answer_before_marker_or_marker_before_answer_makes_the_same_member) {
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
    EXPECT_EQ(driver.node.statistics().unplaced, 2u);
    EXPECT_TRUE(driver.commit());
  }
}

TEST(NodeTest, a_lost_answer_to_join_then_the_same_join_again) {
  NodeDriver driver;
  driver.connect();
  const auto first = driver.take<JoinCall>();
  driver.lose(first.id);
  for (int i = 0; i < 100 && !driver.asked(Script::join); ++i) driver.time(20);
  EXPECT_EQ(driver.take<JoinCall>().caller.member, first.caller.member);
}

TEST(NodeTest, a_marker_of_another_group_is_ignored_and_counted) {
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

TEST(NodeTest, a_marker_of_another_group_is_ignored_also_if_it_lists_a_member_of_this_one) {
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

TEST(NodeTest, a_marker_read_twice_starts_no_second_journal) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.marker(1, "me/1");
  EXPECT_EQ(driver.held(1)->journal.count(), 3u);
  EXPECT_EQ(driver.node.held_views().size(), 1u);
}

TEST(NodeTest, refused_for_good_then_it_ends_and_says_why) {
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

TEST(NodeTest, subscriber_and_commands_at_different_servers_then_the_subscriber_is_dropped) {
  NodeDriver driver;
  driver.connect();
  const auto join = driver.take<JoinCall>();
  driver.identity = "another/repl";
  driver.answer(join.id, {"ok", "1.v", driver.list("me/1"), driver.identity, "group", "0", "0"});
  EXPECT_FALSE(driver.node.joined());
  EXPECT_EQ(driver.subscriber_drops, 1);
}

TEST(NodeTest, it_started_the_group_then_what_came_before_is_declared) {
  NodeDriver driver;
  driver.connect();
  driver.messages(2);
  driver.joined(1, "me/1", true);
  driver.marker(1, "me/1");
  const auto declare = driver.take<DeclareCall>();
  ASSERT_EQ(declare.lines.size(), 1u);
  EXPECT_EQ(declare.lines[0].messages, 2u);
  NodeDriver later;
  later.connect();
  later.messages(2);
  later.joined(2, "x/1 me/1");
  later.marker(2, "x/1 me/1");
  EXPECT_FALSE(later.asked(Script::declare)) << "the group lived: they are somebody's";
}

TEST(NodeTest, a_declaration_is_made_again_until_the_server_has_it) {
  NodeDriver driver;
  driver.connect();
  driver.messages(2);
  driver.joined(1, "me/1", true);
  driver.marker(1, "me/1");
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

TEST(NodeTest, subscriber_lost_then_it_joins_as_a_new_member_naming_what_it_was) {
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

TEST(NodeTest, former_members_are_named_until_a_join_is_confirmed) {
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

TEST(NodeTest, an_answer_to_a_former_member_is_ignored) {
  NodeDriver driver;
  driver.start();
  const auto beat = driver.next_beat();
  driver.lose_subscriber();
  driver.answer(beat.id, {"nomember", "why"});
  EXPECT_EQ(driver.node.statistics().expulsions, 0u);
}

TEST(NodeTest, a_later_marker_without_it_means_expelled_and_it_goes_on_holding) {
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

TEST(NodeTest, markers_before_its_own_are_read_and_expel_nobody) {
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

TEST(NodeTest, commands_lost_then_it_stays_a_member_and_asks_again) {
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

TEST(NodeTest, no_answer_for_three_leases_then_the_command_connection_is_renewed_and_not_before) {
  NodeDriver driver;
  driver.start();
  driver.next_beat();
  driver.time(3 * driver.node.settings().lease_ms - 1);
  EXPECT_EQ(driver.command_drops, 0);
  driver.time(1);
  EXPECT_EQ(driver.command_drops, 1);
}

TEST(NodeTest, answers_that_never_come_are_noticed_also_by_who_is_expelled_again_and_again) {
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

TEST(NodeTest, refusals_of_a_beat_and_what_they_lead_to) {
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

TEST(NodeTest, a_beat_refused_by_the_server_changes_nothing) {
  for (const auto* error : {"OOM x", "LOADING x", "MISCONF x", "BUSY x", "NOSCRIPT x"}) {
    NodeDriver driver;
    driver.start();
    driver.refuse(driver.next_beat().id, error);
    EXPECT_TRUE(driver.node.joined());
    EXPECT_EQ(driver.subscriber_drops + driver.command_drops, 0);
    EXPECT_NE(driver.next_beat().id, 0u);
  }
}

TEST(NodeTest, a_server_that_became_a_replica_ends_both_connections) {
  NodeDriver driver;
  driver.start();
  driver.messages(1);
  const auto sent = driver.commit();
  driver.refuse(sent->id, "READONLY You can't write");
  EXPECT_EQ(driver.subscriber_drops, 1);
  EXPECT_EQ(driver.command_drops, 1);
  EXPECT_FALSE(driver.node.joined());
}

TEST(NodeTest, messages_that_differ_twice_within_a_minute_end_the_node) {
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

TEST(NodeTest, a_tick_or_marker_of_another_server_ends_the_connection) {
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

// --- beats

TEST(NodeTest, a_tick_makes_the_next_beat_tell_count_and_digest_at_it) {
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

TEST(NodeTest, a_beat_is_sent_at_once_after_a_marker_and_publishes_no_tick) {
  NodeDriver driver;
  driver.start();
  const auto regular = driver.next_beat();
  EXPECT_TRUE(regular.wants_tick);
  driver.marker(2, "me/1");
  EXPECT_FALSE(driver.asked(Script::beat)) << "one is under way";
  driver.answer_beat(regular, "");
  EXPECT_FALSE(driver.take<BeatCall>().wants_tick);
}

TEST(NodeTest, an_answer_that_cannot_be_understood_ends_the_node) {
  for (const auto* lanes : {"x", "1.v:0:a:b:c:d", "1.v:x:a:0:-", "v:0:a:0:-", "1.v:0:a:-1:-"}) {
    NodeDriver driver;
    driver.start();
    driver.answer(driver.next_beat().id, {"ok", "1.v", "x", "0", driver.list("me/1"), lanes});
    EXPECT_TRUE(driver.finished && driver.finished->why) << lanes;
  }
}

TEST(NodeTest, floor_is_zero_until_its_own_marker_is_read) {
  NodeDriver driver;
  driver.connect();
  driver.joined(5, "me/1");
  const auto first = driver.next_beat();
  EXPECT_EQ(first.floor, 0u);
  driver.lose(first.id);
  driver.marker(5, "me/1");
  EXPECT_EQ(driver.next_beat().floor, 5u);
}

TEST(NodeTest, floor_is_held_down_by_views_that_no_answer_spoke_of) {
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

TEST(NodeTest, floor_is_held_down_by_a_lane_whose_next_message_it_holds) {
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

TEST(NodeTest, floor_is_the_last_view_read_even_if_its_length_is_not_known_elsewhere) {
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

TEST(NodeTest, lengths_are_told_until_the_server_knows_every_end) {
  NodeDriver driver;
  driver.start("me/1 x/0 y/2");
  driver.messages(7);
  driver.marker(2, "me/1 x/0 y/2");
  driver.beat("1:0:me:0:- 1:2:y:0:- 2:0:me:0:- 2:2:y:0:-");
  const auto& slots = driver.held(1)->journal.slots();
  const auto expected = "1.v:7:" + std::to_string(slots.last_position(0, 7)) + "/0/" +
                        std::to_string(slots.last_position(2, 7));
  const auto beat = driver.next_beat();
  EXPECT_EQ(lengths_of(beat), expected);
  driver.answer_beat(beat, "1:0:me:0:5 1:2:y:0:- 2:0:me:0:- 2:2:y:0:-");
  const auto again = driver.next_beat();
  EXPECT_EQ(lengths_of(again), expected);
  driver.answer_beat(again, "1:0:me:0:5 1:2:y:0:7 2:0:me:0:- 2:2:y:0:-");
  EXPECT_TRUE(driver.next_beat().lengths.empty());
}

// --- the server's data went back, or was deleted

TEST(NodeTest, another_identity_then_lost_views_are_revived_and_survivors_claimed) {
  NodeDriver driver;
  driver.start();
  driver.messages(4);
  driver.answer(driver.commit()->id, {"ok", "4"});
  driver.marker(2, "me/1");
  driver.messages(3);
  driver.answer(driver.commit()->id, {"ok", "3"});
  driver.lose_subscriber();
  driver.lose_commands();
  driver.identity = "run2/repl2";
  driver.connect_commands();
  driver.time(200);
  driver.subscribe();
  driver.joined(3, "me/1");
  driver.marker(3, "me/1");
  driver.beat("1:0:old:2:- 3:0:me:0:-");
  EXPECT_EQ(driver.take<ClaimCall>().lane.text(), "1.v:0");
  const auto revive = driver.take<ReviveCall>();
  EXPECT_EQ(revive.view.text(), "2.v");
  EXPECT_EQ(revive.identity.text(), "run/repl");
  EXPECT_EQ(revive.nonce.text, "group");
  EXPECT_EQ(driver.next_beat().floor, 1u) << "a view to be revived is not closed";
  driver.answer(revive.id, {"revived"});
  driver.lose_commands();
  driver.connect_commands();
  driver.beat("1:0:old:2:- 2:0:-:0:- 3:0:me:0:-");
  driver.take<ClaimCall>();  // of the survivor
  const auto claim = driver.take<ClaimCall>();
  EXPECT_EQ(claim.lane.text(), "2.v:0");
  driver.answer(claim.id, {"ok", "0", "-"});
  EXPECT_EQ(driver.work(2, 0)->acknowledged, 0u) << "everything committed under it was lost with it";
}

TEST(NodeTest, a_lost_answer_to_revive_then_it_is_asked_again) {
  NodeDriver driver;
  driver.start();
  driver.messages(1);
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(2, "me/1");
  driver.marker(2, "me/1");
  driver.beat("");
  driver.lose(driver.take<ReviveCall>().id);
  driver.beat("");
  EXPECT_TRUE(driver.asked(Script::revive));
  EXPECT_EQ(driver.subscriber_drops, 0) << "the same process: the same connection will do";
}

TEST(NodeTest, a_view_that_cannot_be_revived_is_declared) {
  NodeDriver driver;
  driver.start();
  driver.messages(3);
  driver.answer(driver.next_beat().id, {"identity", "run/repl2"});
  driver.identity = "run/repl2";
  driver.time(100);
  driver.joined(2, "me/1");
  driver.marker(2, "me/1");
  driver.beat("");
  driver.answer(driver.take<ReviveCall>().id, {"refused", "too many epochs ago"});
  EXPECT_EQ(driver.held(1), nullptr);
  driver.beat("");
  driver.next_beat();
  const auto declare = driver.take<DeclareCall>();
  ASSERT_EQ(declare.lines.size(), 1u);
  EXPECT_EQ(declare.lines[0].view, "1.v");
  EXPECT_EQ(declare.lines[0].messages, 3u);
}

TEST(NodeTest, the_state_was_deleted_then_what_is_uncommitted_is_declared_and_dropped) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.answer(driver.commit(2)->id, {"ok", "3"});
  driver.answer(driver.next_beat().id, {"nostate"});
  driver.nonce = "new";
  driver.time(10);
  driver.joined(2, "me/1", true);
  driver.messages(2);  // still before its own marker of the new group
  driver.marker(2, "me/1");
  EXPECT_EQ(driver.held(1), nullptr);
  EXPECT_EQ(driver.work(1, 0), nullptr);
  const auto declare = driver.take<DeclareCall>();
  ASSERT_EQ(declare.lines.size(), 2u);
  EXPECT_EQ(declare.lines[0].after, "3") << "after what is known to be in";
  EXPECT_EQ(declare.lines[0].to, "7");
  EXPECT_EQ(declare.lines[0].messages, 2u);
  EXPECT_EQ(declare.lines[1].messages, 4u) << "x's lane: 2, 4, 6, 8";
  driver.messages(1);
  EXPECT_EQ(driver.commit()->plan.lane.text(), "2.v:0");
}

TEST(NodeTest, redis_went_back_to_nothing_then_a_view_that_another_node_revived_is_not_dropped) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(6);
  driver.lose_subscriber();
  driver.lose_commands();
  driver.identity = "run2/repl2";
  driver.nonce = "new";
  driver.connect_commands();
  driver.time(200);
  driver.subscribe();
  driver.joined(3, "x/1 me/1");
  driver.marker(3, "x/1 me/1");
  driver.beat("1:0:x:0:- 1:1:x:0:- 3:0:x:0:- 3:1:me:0:-");  // x was faster
  ASSERT_NE(driver.held(1), nullptr);
  EXPECT_FALSE(driver.asked(Script::revive));
  driver.lose_subscriber();
  driver.time(200);
  driver.subscribe();
  driver.joined(4, "me/1");
  driver.marker(4, "me/1");
  ASSERT_NE(driver.held(1), nullptr) << "x is dead, and only this node holds them";
  driver.beat("1:0:x:0:- 1:1:x:0:- 4:0:me:0:-");
  EXPECT_TRUE(driver.asked(Script::claim));
}

// --- leaving

TEST(NodeTest, a_view_that_grew_on_while_another_group_began_is_declared_when_the_state_was_lost) {
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

TEST(NodeTest, asked_to_leave_before_it_joined_then_it_is_done) {
  NodeDriver driver;
  driver.node.leave(driver.now);
  driver.absorb();
  ASSERT_TRUE(driver.finished);
  EXPECT_FALSE(driver.finished->why);
}

TEST(NodeTest, leaving_goes_on_as_a_standby_until_no_open_lane_can_use_what_it_holds) {
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

TEST(NodeTest, a_lost_answer_to_leave_then_it_is_asked_again) {
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

TEST(NodeTest, the_last_leaver_told_of_open_lanes_waits_for_the_next_answer) {
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

TEST(NodeTest, an_answer_after_it_left_changes_nothing) {
  NodeDriver driver;
  driver.start();
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "2.v"});
  driver.marker(2, "me/0");
  driver.beat("");
  driver.time(1000);
  const auto beat = driver.take<BeatCall>();
  ASSERT_NE(beat.id, 0u);
  driver.answer(driver.take<LeaveCall>().id, {"left"});
  const auto reports = driver.reports.size();
  driver.answer(beat.id, {"nomember", ""});
  EXPECT_EQ(driver.reports.size(), reports) << "leaving on request is no expulsion";
  EXPECT_EQ(driver.node.statistics().expulsions, 0u);
}

TEST(NodeTest, expelled_while_leaving_then_it_joins_without_weight_and_leaves_again) {
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

TEST(NodeTest, a_view_that_the_server_never_installed_is_declared_and_started_over) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(4);
  driver.marker(9, "me/1 x/1");  // published by somebody who read the nonce on the channel
  driver.messages(6);
  const auto before = driver.me();
  const auto beat = driver.take<BeatCall>();  // made at the marker
  ASSERT_NE(beat.id, 0u);
  driver.answer(beat.id, {"ok", "1.v", "x", "0", driver.list("me/1 x/1"), "", ""});
  EXPECT_NE(driver.me(), before) << "joins again";
  EXPECT_EQ(driver.node.held_views().size(), 1u);
  EXPECT_FALSE(driver.node.held_views().back().length) << "the view before it did not end there";
  EXPECT_EQ(driver.node.uncommitted(), 4u);
}

TEST(NodeTest, a_leaver_with_slow_messages_leaves_them_after_a_while_to_who_was_there_too) {
  NodeDriver driver;
  driver.start("me/1 x/1");
  driver.messages(8);
  driver.node.leave(driver.now);
  driver.absorb();
  driver.answer(driver.take<LeaveCall>().id, {"leaving", "2.v"});
  driver.marker(2, "me/0 x/1");
  const std::string open = "1:0:me:0:- 1:1:x:0:- 2:1:x:0:-";
  driver.beats(open, 7'000);
  EXPECT_FALSE(driver.asked(Script::leave)) << "time to finish them itself";
  driver.beats(open, 2'000);
  ASSERT_TRUE(driver.asked(Script::leave));
  EXPECT_EQ(driver.take<LeaveCall>().step, LeaveCall::Step::drained);
  EXPECT_GT(driver.node.handed_over(), 0u);
}

TEST(NodeTest, a_leaver_keeps_what_only_it_holds) {
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

}  // namespace
}  // namespace tributary::group
