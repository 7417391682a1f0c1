// sweep.lua: lanes that nobody can serve.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using SweepScript = ScriptsTest;

TEST_F(SweepScript, EndsALaneThatNobodyCanServeAndSaysWhatIsLost) {
  join("a1");
  beat("a1", {.highest = "1.v1:9"});
  commit("a1", "1.v1:0", 0, entries("1.v1", {1, 2}));
  join("a2", {.former = "a1"});
  beat("a2", {.floor = "2"});
  EXPECT_THAT(sweep("a2", {"1.v1:0", "2"}), ElementsAre("ok", "1"));
  EXPECT_EQ(field("view:1.v1"), "");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:1.v1:0"}), 0);
  const auto loss = stream(key("losses")).at(0);
  EXPECT_EQ(loss.at("after"), "2");
  EXPECT_EQ(loss.at("to"), "?");
  EXPECT_EQ(loss.at("kind"), "lost");
  EXPECT_EQ(loss.at("messages"), "7");
  EXPECT_THAT(loss.at("reason"), HasSubstr("tail unknown"));
  EXPECT_THAT(sweep("a2", {"1.v1:0", "2"}), ElementsAre("ok", "0"));
  EXPECT_THAT(losses(), testing::SizeIs(1));
}

TEST_F(SweepScript, OfWhatNobodyKnowsItSaysThatItCannotBeExcluded) {
  join("a1");
  join("a2", {.former = "a1"});
  beat("a2", {.floor = "2"});
  EXPECT_THAT(sweep("a2", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
  const auto loss = stream(key("losses")).at(0);
  EXPECT_EQ(loss.at("kind"), "possible");
  EXPECT_EQ(loss.at("to"), "?");
  EXPECT_EQ(loss.at("messages"), "?");
}

TEST_F(SweepScript, CountsTheMessagesOfOneLaneOfSeveral) {
  join("a1", {.weight = 3});
  join("x");
  beat("a1", {.highest = "2.v2:8"});
  let_lapse("a1");
  let_lapse("x");
  join("a2", {.former = "a1,x"});
  beat("a2", {.floor = "3"});
  EXPECT_EQ(sweep("a2", {"2.v2:0", "0", "2.v2:1", "0"})[1], "2");
  const auto lines = stream(key("losses"));
  EXPECT_EQ(lines.at(0).at("messages"), "6") << "three of four slots";
  EXPECT_EQ(lines.at(1).at("messages"), "2");
}

TEST_F(SweepScript, TheLastMessageOfAnotherLaneIsNoLossOfThisOne) {
  join("a1");
  join("x");
  beat("a1", {.highest = "2.v2:2"});
  commit("a1", "2.v2:0", 0, entries("2.v2", {1}));
  commit("x", "2.v2:1", 0, entries("2.v2", {2}));
  let_lapse("a1");
  let_lapse("x");
  join("a2", {.former = "a1,x"});
  beat("a2", {.floor = "3"});
  EXPECT_EQ(sweep("a2", {"2.v2:0", "1", "2.v2:1", "2"})[1], "2");
  for (const auto& line : stream(key("losses"))) {
    EXPECT_EQ(line.at("kind"), "possible");
    EXPECT_EQ(line.at("to"), "?");
  }
}

TEST_F(SweepScript, DeclaresTheExactRangeWhereTheLengthIsKnown) {
  join("a1");
  join("a2", {.former = "a1"});
  beat("a2", {.floor = "2", .lengths = "1.v1:7:7"});
  EXPECT_THAT(sweep("a2", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
  EXPECT_EQ(stream(key("losses")).at(0).at("to"), "7");
}

TEST_F(SweepScript, LeavesALaneAloneUnlessEveryConditionHolds) {
  join("gone");
  join("b");
  join("a", {.former = "gone"});  // view 3; lanes of gone in 1 and 2, of b in 2
  const auto untouched = [&](const std::string& member, const Words& lanes) {
    const auto before = state_text();
    EXPECT_THAT(sweep(member, lanes), ElementsAre("ok", "0"));
    EXPECT_EQ(state_text(), before);
    EXPECT_THAT(losses(), IsEmpty());
  };
  beat("a", {.floor = "3"});
  untouched("a", {"1.v1:0", "0"});  // b joined with floor 0 and has not beaten yet
  beat("b", {.floor = "1"});
  untouched("a", {"1.v1:0", "0"});  // a floor at the lane's view
  beat("b", {.floor = "3"});
  untouched("a", {"1.v1:0", "1"});       // another position
  untouched("a", {"2.v2:1", "0"});       // the owner is listed
  untouched("a", {view() + ":0", "0"});  // of the current view
  untouched("a", {"9.zz:0", "0"});
  let_lapse("b");
  untouched("a", {"1.v1:0", "0"});  // listed without presence: what it holds is not known
  beat("b", {.floor = "3"});
  redis_.command({"HSET", key("members"), "unlisted", "9999999999999 1 - - ////// -"});
  untouched("a", {"1.v1:0", "0"});  // present without being listed
  let_lapse("unlisted");
  EXPECT_THAT(run(Script::sweep, {"out", "a", nonce_, "2.v2", "1.v1:0", "0"}),
              ElementsAre("changed", view()));
  EXPECT_THAT(run(Script::sweep, {"out", "gone", nonce_, view(), "1.v1:0", "0"})[0], "nomember");
  EXPECT_THAT(sweep("a", {"1.v1:0", "0"}), ElementsAre("ok", "1")) << "all conditions hold";
  EXPECT_EQ(lane("2.v2", 0), "gone 0 -") << "not asked for";
}

TEST_F(SweepScript, SkipsToJustBeforeTheLowestReportedGap) {
  join("gone");
  join("b");
  join("a", {.former = "gone"});
  beat("a", {.floor = "3", .gaps = "9.zz:0:2,1.v1:0:8"});
  beat("b", {.floor = "3", .gaps = "1.v1:0:5"});
  EXPECT_THAT(sweep("a", {"1.v1:0", "0"}), ElementsAre("ok", "1"));
  EXPECT_EQ(lane("1.v1", 0), "gone 4 -") << "open, for who holds 5 and on";
  EXPECT_EQ(stream(key("losses")).at(0).at("to"), "4");
  EXPECT_THAT(claim("b", "1.v1:0", "gone"), ElementsAre("ok", "4", "-", "1"));
  EXPECT_THAT(commit("b", "1.v1:0", 4, entries("1.v1", {5, 6})), ElementsAre("ok", "6"));
}

}  // namespace
}  // namespace tributary::test
