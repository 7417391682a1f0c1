// leave.lua: in good order, or at once.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using LeaveScript = ScriptsTest;

TEST_F(LeaveScript, GivesAViewWithoutWeightThenTakesTheMemberOff) {
  join("a", {.weight = 2});
  join("b", {.weight = 0});
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  beat("a");
  const auto answer = leave("a", false);
  EXPECT_THAT(answer, ElementsAre("leaving", view()));
  EXPECT_EQ(field("view:" + view()), identity() + " a/0/1/1,b/1/2/0") << "the other one gets weight";
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:" + view() + ":0"}), 0);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_TRUE(subscriber.receive(kPatience));
  EXPECT_THAT(leave("a", false), ElementsAre("leaving", view())) << "again: the same view";
  EXPECT_EQ(view(), answer[1]);
  EXPECT_FALSE(subscriber.receive(50ms));
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_EQ(view(), answer[1]) << "no new view";
  EXPECT_EQ(field("view:" + view()), identity() + " b/1/2/0");
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a"), key("leader")}), 0);
  EXPECT_EQ(lane(view(), 1), "b 0 -") << "lanes keep their index";
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_THAT(leave("a", false), ElementsAre("left"));
  EXPECT_FALSE(subscriber.receive(50ms));
}

TEST_F(LeaveScript, DrainedWithoutHavingAskedFirstIsNoLeave) {
  join("a");
  EXPECT_THAT(leave("a", true), ElementsAre("leaving", "1.v1"));
  EXPECT_EQ(field("view:1.v1"), identity() + " a/1/1/0");
}

TEST_F(LeaveScript, TheLastLeaverMayNotLeaveAnOpenLaneBehind) {
  join("a");
  leave("a", false);
  EXPECT_THAT(consumers(), IsEmpty());
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:" + view() + ":0"}), 0) << "a view without lanes";
  EXPECT_THAT(leave("a", true), ElementsAre("lanes"));
  EXPECT_EQ(field("view:" + view()), identity() + " a/0/1/1");
  beat("a", {.floor = "2", .lengths = "1.v1:2:2"});
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_EQ(field("view:" + view()), identity() + " -");
  EXPECT_EQ(join("b")[2], "b/1/2/0") << "the next one finds the group as it was";
  EXPECT_EQ(join("b")[4], "group1");
}

TEST_F(LeaveScript, OneOfSeveralMayLeaveWhileLanesAreOpen) {
  join("a");
  join("b");
  leave("a", false);
  EXPECT_THAT(leave("a", true), ElementsAre("left"));
  EXPECT_THAT(claim("b", "1.v1:0", "a"), ElementsAre("ok", "0", "-")) << "whose lanes anybody may claim";
}

TEST_F(LeaveScript, LeavingAtOnceLeavesTheRestToOthers) {
  join("a");
  join("b");
  const auto before = view();
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left"));
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left")) << "again";
  EXPECT_NE(view(), before);
  EXPECT_THAT(consumers(), ElementsAre("b.1"));
  EXPECT_EQ(redis_.integer({"EXISTS", member_key("a")}), 0);
  EXPECT_THAT(lane(before, 0), StartsWith("a 0")) << "open, its owner gone: b may claim it";
  EXPECT_EQ(redis_.integer({"XLEN", key("losses")}), 0);
}

TEST_F(LeaveScript, TheLastOneToLeaveAtOnceClosesAndDeclaresWhatIsOpen) {
  join("a");
  const auto at = view();
  Beating counted;
  counted.highest = at + ":12";
  beat("a", counted);
  EXPECT_THAT(leave_at_once("a"), ElementsAre("left"));
  EXPECT_EQ(lane(at, 0), "");
  EXPECT_THAT(consumers(), IsEmpty());
  ASSERT_EQ(redis_.integer({"XLEN", key("losses")}), 1);
  Words line;
  const auto lines = redis_.command({"XRANGE", key("losses"), "-", "+"});
  for (const auto& part : lines.elements[0].elements[1].elements) line.push_back(part.text);
  EXPECT_THAT(line, ElementsAre("reason", "the group was stopped at once", "view", at, "lane", "0", "after",
                                "0", "to", "12", "by", "a"));
}

}  // namespace
}  // namespace tributary::test
