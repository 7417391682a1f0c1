// commit.lua: entries and the position they move.
#include <numeric>

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

// The short form: how the record was, how it is to be, and what is between.
class ShortCommit : public ScriptsTest {
 protected:
  ShortCommit() { join("a"); }
  Words commit_plain(int from, const std::vector<int>& positions, const std::string& owner = "a",
                     const std::string& bound = "") {
    const auto to = positions.empty() ? from : positions.back();
    Words words{"lane:1.v1:0", owner + " " + std::to_string(from) + " -",
                owner + " " + std::to_string(to) + " -", "message_id", "consumer"};
    for (const int position : positions)
      words.insert(words.end(), {"m" + std::to_string(position), "1.v1:" + std::to_string(position)});
    if (!bound.empty()) words.push_back(bound);
    return run(Script::commit, words, {key("state"), "out"});
  }
};

TEST_F(ShortCommit, AppendsAndMovesThePosition) {
  EXPECT_THAT(commit_plain(0, {1}), ElementsAre("ok"));
  EXPECT_THAT(commit_plain(1, {2, 3, 4}), ElementsAre("ok"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:3", "1.v1:4"));
  EXPECT_EQ(
      stream("out")[3],
      (std::map<std::string, std::string>{
          {"message_id", "m4"}, {"consumer_id", "consumer"}, {"processed", "1"}, {"position", "1.v1:4"}}));
  EXPECT_EQ(lane("1.v1", 0), "a 4 -");
  EXPECT_THAT(commit("a", "1.v1:0", 4, entries("1.v1", {5})), ElementsAre("ok", "5"))
      << "the long form goes on";
  EXPECT_THAT(commit_plain(5, {6}), ElementsAre("ok"));
  expect_positions_match();
}

TEST_F(ShortCommit, ARecordThatIsAnotherIsToldAndNothingIsDone) {
  commit_plain(0, {1, 2});
  const auto before = state_text();
  EXPECT_THAT(commit_plain(0, {1, 2}), ElementsAre("changed")) << "again";
  EXPECT_THAT(commit_plain(1, {2, 3}), ElementsAre("changed")) << "cut differently";
  EXPECT_THAT(commit_plain(3, {4}), ElementsAre("changed")) << "a gap";
  EXPECT_THAT(commit_plain(2, {3}, "b"), ElementsAre("changed")) << "somebody else's";
  EXPECT_EQ(state_text(), before);
  redis_.command({"HSET", key("state"), "lane:1.v1:0", "a 2 7"});
  EXPECT_THAT(commit_plain(2, {3}), ElementsAre("changed")) << "the lane has an end now";
  redis_.command({"HDEL", key("state"), "lane:1.v1:0"});
  EXPECT_THAT(commit_plain(2, {3}), ElementsAre("changed")) << "it is gone";
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2"));
}

TEST_F(ShortCommit, AFailureLeavesThePositionAtWhatIsTrulyIn) {
  redis_.command({"SET", "out", "no stream"});
  auto answer = commit_plain(0, {1, 2});
  ASSERT_EQ(answer.size(), 3u);
  EXPECT_THAT(answer[2], HasSubstr("WRONGTYPE"));
  EXPECT_THAT(Words(answer.begin(), answer.begin() + 2), ElementsAre("failed", "0"));
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  redis_.command({"DEL", "out"});
  redis_.command({"XADD", "out", "18446744073709551615-18446744073709551613", "position", "0.x:0"});
  answer = commit_plain(0, {1, 2, 3, 4});  // there is room for two
  ASSERT_EQ(answer.size(), 3u);
  EXPECT_THAT(Words(answer.begin(), answer.begin() + 2), ElementsAre("failed", "2"));
  EXPECT_EQ(lane("1.v1", 0), "a 2 -");
}

TEST_F(ShortCommit, ABoundTrimsTheStream) {
  std::vector<int> many(300);
  std::iota(many.begin(), many.end(), 1);
  EXPECT_THAT(commit_plain(0, many, "a", "100"), ElementsAre("ok"));
  EXPECT_LE(redis_.integer({"XLEN", "out"}), 200);
  EXPECT_EQ(lane("1.v1", 0), "a 300 -");
}

}  // namespace
}  // namespace tributary::test
