// commit.lua: entries and the position they move.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using CommitScript = ScriptsTest;

TEST_F(CommitScript, AppendsAllKindsInOrderAndMovesThePosition) {
  join("a");
  auto runs = entries("1.v1", {1, 2});
  for (const auto* word :
       {"g", "1", "6",       "message_id", "m3",       "extra",  "x", "position", "1.v1:3", "d",
        "1", "4", "payload", "\x01",       "position", "1.v1:4", "n", "2",        "1.v1:5", "1.v1:6"}) {
    runs.push_back(word);
  }
  EXPECT_THAT(commit("a", "1.v1:0", 0, runs), ElementsAre("ok", "6"));
  const auto out = stream("out");
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(
      out[0],
      (std::map<std::string, std::string>{
          {"message_id", "m1"}, {"consumer_id", "consumer"}, {"processed", "1"}, {"position", "1.v1:1"}}));
  EXPECT_EQ(out[2].at("extra"), "x");
  ASSERT_THAT(positions("out:dead"), ElementsAre("1.v1:4"));
  EXPECT_EQ(stream("out:dead")[0].at("payload"), "\x01");
  EXPECT_EQ(lane("1.v1", 0), "a 6 -");
}

TEST_F(CommitScript, AgainOrCutDifferentlyAppendsOnlyWhatIsBeyondThePosition) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3}));
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3})), ElementsAre("ok", "3"));
  EXPECT_THAT(commit("a", "1.v1:0", 1, entries("1.v1", {2, 3, 4, 5})), ElementsAre("ok", "5"));
  Words mixed{"d", "1", "2", "position", "1.v1:5", "n", "1", "1.v1:6", "g", "1", "2", "position", "1.v1:7"};
  EXPECT_THAT(commit("a", "1.v1:0", 4, mixed), ElementsAre("ok", "7"));
  EXPECT_THAT(commit("a", "1.v1:0", 4, mixed), ElementsAre("ok", "7"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:3", "1.v1:4", "1.v1:5", "1.v1:7"));
  EXPECT_THAT(positions("out:dead"), IsEmpty());
  expect_positions_match();
}

TEST_F(CommitScript, PositionsAreComparedAsNumbers) {
  join("a");
  std::vector<int> some;
  for (int n = 1; n <= 100; ++n) some.push_back(n);
  commit("a", "1.v1:0", 0, entries("1.v1", some));
  EXPECT_THAT(commit("a", "1.v1:0", 8, entries("1.v1", {9, 10, 99, 100})), ElementsAre("ok", "100"));
  EXPECT_EQ(positions().size(), 100u);
}

TEST_F(CommitScript, BeyondThePositionIsAGapAndDoesNothing) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3}), true), ElementsAre("gap", "1"));
  EXPECT_EQ(lane("1.v1", 0), "a 1 -") << "nor is it released";
  EXPECT_THAT(positions(), ElementsAre("1.v1:1"));
}

TEST_F(CommitScript, OfWhoDoesNotOwnTheLaneIsFencedAndDoesNothing) {
  join("a");
  join("b");
  EXPECT_THAT(commit("b", "2.v2:0", 0, entries("2.v2", {1}), true), ElementsAre("fenced", "a"));
  EXPECT_THAT(commit("b", "2.v2:7", 0, entries("2.v2", {1})), ElementsAre("gone"));
  EXPECT_THAT(commit("a", "9.zz:0", 0, entries("9.zz", {1})), ElementsAre("gone"));
  EXPECT_THAT(positions(), IsEmpty());
  expect_positions_match();
}

TEST_F(CommitScript, ReleaseEmptiesTheOwnerWithOrWithoutEntries) {
  join("a");
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}), true), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "- 2 -");
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("fenced", "-"));
  EXPECT_THAT(claim("a", "1.v1:0", "-"), ElementsAre("ok", "2", "-", "0"));
  EXPECT_THAT(commit("a", "1.v1:0", 0, {}, true), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "- 2 -");
  EXPECT_THAT(commit("a", "1.v1:0", 0, {}, true), ElementsAre("fenced", "-")) << "called again";
  expect_positions_match();
}

TEST_F(CommitScript, ClosesTheLaneAtItsEnd) {
  join("a");
  join("b");
  beat("a", {.lengths = "1.v1:3:3"});
  EXPECT_EQ(lane("1.v1", 0), "a 0 3");
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1, 2})), ElementsAre("ok", "2"));
  EXPECT_EQ(lane("1.v1", 0), "a 2 3");
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("ok", "3"));
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:1.v1:0"}), 0);
  EXPECT_THAT(commit("a", "1.v1:0", 2, entries("1.v1", {3})), ElementsAre("gone"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:3"));
}

TEST_F(CommitScript, AFailureHalfWayLeavesThePositionAtWhatIsTrulyIn) {
  join("a");
  redis_.command({"SET", "out:dead", "not a stream"});
  auto runs = entries("1.v1", {1, 2});
  for (const auto* word : {"d", "1", "2", "position", "1.v1:3", "n", "1", "1.v1:4"}) runs.push_back(word);
  for (int i = 0; i < 2; ++i) {
    const auto answer = commit("a", "1.v1:0", 0, runs, true);
    ASSERT_EQ(answer.size(), 3u);
    EXPECT_EQ(answer[0], "failed");
    EXPECT_EQ(answer[1], "2");
    EXPECT_THAT(answer[2], HasSubstr("WRONGTYPE"));
    EXPECT_EQ(lane("1.v1", 0), "a 2 -") << "and not released";
  }
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2"));
  redis_.command({"DEL", "out:dead"});
  EXPECT_THAT(commit("a", "1.v1:0", 2, Words(runs.begin() + 8, runs.end())), ElementsAre("ok", "4"));
  EXPECT_THAT(positions("out:dead"), ElementsAre("1.v1:3"));
}

TEST_F(CommitScript, AFailureAtTheFirstEntryOrAtAMalformedRunMovesNothing) {
  join("a");
  redis_.command({"SET", "out", "not a stream"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1})),
              ElementsAre("failed", "0", HasSubstr("WRONGTYPE")));
  redis_.command({"DEL", "out"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, {"g", "1", "x"})[0], "failed");
  EXPECT_THAT(commit("a", "1.v1:0", 0, {"n"})[0], "failed");
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  redis_.command({"DEL", key("state")});
  redis_.command({"SET", key("state"), "x"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", {1})).front(), StartsWith("WRONGTYPE"));
  EXPECT_EQ(redis_.integer({"EXISTS", "out"}), 0);
}

TEST_F(CommitScript, AnEntryOfTwoThousandFieldsIsAppended) {
  join("a");
  Words runs{"g", "1", "4004"};
  for (int i = 0; i < 2001; ++i) runs.insert(runs.end(), {"f" + std::to_string(i), "v"});
  runs.insert(runs.end(), {"position", "1.v1:1"});
  EXPECT_THAT(commit("a", "1.v1:0", 0, runs), ElementsAre("ok", "1"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1"));
}

TEST_F(CommitScript, ABoundTrimsTheStreamAndNotThePosition) {
  join("a");
  redis_.command({"CONFIG", "SET", "stream-node-max-entries", "10"});
  std::vector<int> some;
  for (int n = 1; n <= 500; ++n) some.push_back(n);
  EXPECT_THAT(commit("a", "1.v1:0", 0, entries("1.v1", some), false, "100"), ElementsAre("ok", "500"));
  EXPECT_LT(redis_.integer({"XLEN", "out"}), 200);
  EXPECT_GE(redis_.integer({"XLEN", "out"}), 100);
  EXPECT_EQ(lane("1.v1", 0), "a 500 -");
}

}  // namespace
}  // namespace tributary::test
