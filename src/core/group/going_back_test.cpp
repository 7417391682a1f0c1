#include "core/group/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/group/node_driver.hpp"

// Coming, going and staying, and what a beat says and its answer means. Named by condition and outcome.
namespace tributary::group {
namespace {

using testing::HasSubstr;

// --- the server's data went back, or was deleted

TEST(GoingBackTest, AnotherIdentityThenLostViewsAreRevivedAndSurvivorsClaimed) {
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

TEST(GoingBackTest, ALostAnswerToReviveThenItIsAskedAgain) {
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

TEST(GoingBackTest, AViewThatCannotBeRevivedIsDeclared) {
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

TEST(GoingBackTest, TheStateWasDeletedThenWhatIsUncommittedIsDeclaredAndDropped) {
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

TEST(GoingBackTest, RedisWentBackToNothingThenAViewThatAnotherNodeRevivedIsNotDropped) {
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

}  // namespace
}  // namespace tributary::group
