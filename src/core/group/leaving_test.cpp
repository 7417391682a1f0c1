#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- leaving

TEST(LeavingTest, a_view_that_grew_on_while_another_group_began_is_declared_when_the_state_was_lost) {
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

TEST(LeavingTest, asked_to_leave_before_it_joined_then_it_is_done) {
  NodeDriver driver;
  driver.node.leave(driver.now);
  driver.absorb();
  ASSERT_TRUE(driver.finished);
  EXPECT_FALSE(driver.finished->why);
}

TEST(LeavingTest, leaving_goes_on_as_a_standby_until_no_open_lane_can_use_what_it_holds) {
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

TEST(LeavingTest, a_lost_answer_to_leave_then_it_is_asked_again) {
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

TEST(LeavingTest, the_last_leaver_told_of_open_lanes_waits_for_the_next_answer) {
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

TEST(LeavingTest, an_answer_after_it_left_changes_nothing) {
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

TEST(LeavingTest, expelled_while_leaving_then_it_joins_without_weight_and_leaves_again) {
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

TEST(LeavingTest, a_view_that_the_server_never_installed_is_declared_and_started_over) {
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

TEST(LeavingTest, a_leaver_with_slow_messages_leaves_them_after_a_while_to_who_reports_to_hold_them) {
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

TEST(LeavingTest, a_leaver_keeps_what_only_it_holds) {
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

TEST(LeavingTest, the_last_one_goes_on_receiving_until_a_cut_and_finishes_what_came_before_it) {
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

TEST(LeavingTest, departing_it_renews_its_sign_until_its_lane_is_finished) {
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

TEST(LeavingTest, the_view_it_left_with_does_not_arrive_then_it_joins_again) {
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

TEST(LeavingTest, the_servers_data_goes_back_while_it_departs_then_it_comes_again) {
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
