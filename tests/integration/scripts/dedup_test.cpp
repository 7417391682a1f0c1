// commit.lua with a window: nothing twice by id.
#include <algorithm>

#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class DedupScript : public ScriptsTest {
 protected:
  /// A run of entries with these ids at the positions behind `after`.
  static Words plain(int after, const Words& ids) {
    Words runs{"t", std::to_string(ids.size()), "message_id", "consumer"};
    for (const auto& id : ids) runs.insert(runs.end(), {id, "1.v1:" + std::to_string(++after)});
    return runs;
  }
  static Words unique(int position, const std::string& id) {
    return {"u",          "1",
            id,           "6",
            "message_id", "made-of-" + id,
            "more",       "x",
            "position",   "1.v1:" + std::to_string(position)};
  }
  static Words dead(int position, const std::string& id) {
    return {"d", "1", "4", "message_id", id, "position", "1.v1:" + std::to_string(position)};
  }
  static Words both(Words runs, const Words& more) {
    runs.insert(runs.end(), more.begin(), more.end());
    return runs;
  }
  /// How many ids each set holds.
  std::vector<long long> kept() {
    std::vector<long long> counts;
    for (const auto& name : id_keys()) counts.push_back(redis_.integer({"SCARD", name}));
    return counts;
  }
  Words ids() {
    Words found;
    for (const auto& entry : stream("out")) found.push_back(entry.at("message_id"));
    return found;
  }
  /// As if so much time had passed since the sets began.
  void let_pass(long long ms) {
    auto words = split_words(field("ids"), ' ');
    for (std::size_t i = 2; i < words.size(); ++i) words[i] = std::to_string(std::stoll(words[i]) - ms);
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    redis_.command({"HSET", key("state"), "ids", text});
  }
};

TEST_F(DedupScript, AnIdThatWasAppendedIsDroppedAndCounted) {
  join("a");
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, {"x", "y"})), ElementsAre("ok", "2", "", "0", "-"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, plain(2, {"z", "x", "y"})), ElementsAre("ok", "5", "", "2"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 5, plain(5, {"w"})), ElementsAre("ok", "6")) << "nothing to tell";
  EXPECT_THAT(ids(), ElementsAre("x", "y", "z", "w"));
  EXPECT_EQ(lane("1.v1", 0), "a 6 -");
  EXPECT_EQ(field("duplicates"), "2");
}

TEST_F(DedupScript, AnotherWindowBeginsWithNoIds) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  let_pass(50'000);
  commit_once("a", "1.v1:0", 1, plain(1, {"y"}));
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, plain(2, {"x", "y"}), "0 10000 1000000"),
              ElementsAre("ok", "4", "", "0", "-"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 4, plain(4, {"x"}), "0 10000 1000000"),
              ElementsAre("ok", "5", "", "1"));
  EXPECT_TRUE(field("ids").find(" 10000 ") != std::string::npos) << field("ids");
}

TEST_F(DedupScript, WithinOneCommitTheFirstOneCounts) {
  join("a");
  const auto runs =
      both(both(plain(0, {"x", "y", "x"}), unique(4, "y")), both(unique(5, "z"), plain(5, {"z"})));
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, runs), ElementsAre("ok", "6", "", "3", "-"));
  EXPECT_THAT(positions(), ElementsAre("1.v1:1", "1.v1:2", "1.v1:5"));
  EXPECT_THAT(ids(), ElementsAre("x", "y", "made-of-z"));
  EXPECT_THAT(kept(), ElementsAre(3, 0, 0)) << "the id that was published, not one that a processor made";
}

TEST_F(DedupScript, TheSamePositionAgainIsNoDuplicateOfItself) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x", "y"}));
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, {"x", "y"})), ElementsAre("ok", "2"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, {"x", "y", "y", "z"})), ElementsAre("ok", "4", "", "1"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, {"x", "y", "y", "z"})), ElementsAre("ok", "4"));
  EXPECT_THAT(ids(), ElementsAre("x", "y", "z"));
  EXPECT_EQ(field("duplicates"), "1") << "counted twice";
}

TEST_F(DedupScript, WhateverNodeAppendedIt) {
  join("a");
  join("b");
  auto other = plain(0, {"x", "y"});
  for (auto& word : other) {
    if (word.starts_with("1.v1")) word.replace(0, 4, "2.v2");
  }
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, {"x"})), ElementsAre("ok", "1", "", "0", "-"));
  EXPECT_THAT(commit_once("b", "2.v2:1", 0, other), ElementsAre("ok", "2", "", "1"));
  EXPECT_THAT(ids(), ElementsAre("x", "y"));
}

TEST_F(DedupScript, DeadLettersAndWhatAProcessorDroppedMayComeAgain) {
  join("a");
  const auto runs = both(dead(1, "x"), {"n", "1", "1.v1:2"});
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, runs), ElementsAre("ok", "2", "", "0", "-"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, plain(2, {"x", "dropped"})), ElementsAre("ok", "4"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 4, dead(5, "x")), ElementsAre("ok", "5"));
  EXPECT_THAT(ids(), ElementsAre("x", "dropped"));
  EXPECT_EQ(stream("out:dead").size(), 2U) << "a dead letter is never a duplicate";
}

TEST_F(DedupScript, WhatIsLeftUnprocessedIsDroppedOnlyIfItsIdIsThere) {
  join("a");
  const auto skipped = [](int position, const std::string& id) {
    return Words{"s", "1", id, "1.v1:" + std::to_string(position)};
  };
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, skipped(2, "x")), ElementsAre("ok", "2", "", "1"));
  const auto runs = both(both(plain(2, {"y"}), skipped(4, "y")), both(skipped(5, "z"), plain(5, {"later"})));
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, runs), ElementsAre("gap", "4", "", "1"));
  EXPECT_EQ(lane("1.v1", 0), "a 4 -");
  EXPECT_THAT(ids(), ElementsAre("x", "y")) << "nothing goes in behind what is to be processed first";
  EXPECT_THAT(commit_once("a", "1.v1:0", 4, skipped(5, "z")), ElementsAre("gap", "4"));
  EXPECT_THAT(commit_once("a", "1.v1:0", 4, plain(4, {"z", "later"})), ElementsAre("ok", "6"));
  EXPECT_THAT(ids(), ElementsAre("x", "y", "z", "later"));
  EXPECT_EQ(field("duplicates"), "2");
}

TEST_F(DedupScript, AtALaneEndTooWhatIsLeftUnprocessedStays) {
  join("a");
  join("b");
  beat("a", {.lengths = "1.v1:1:1"});
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, {"s", "1", "z", "1.v1:1"}),
              ElementsAre("gap", "0", "", "0", "-"));
  EXPECT_EQ(lane("1.v1", 0), "a 0 1");
}

TEST_F(DedupScript, OnlyDuplicatesMoveThePositionToTheLaneEnd) {
  join("a");
  join("b");
  beat("a", {.lengths = "1.v1:3:3"});
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"x", "x"})), ElementsAre("ok", "3", "", "2"));
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:1.v1:0"}), 0);
}

TEST_F(DedupScript, OfACommitThatFailsHalfWayOnlyWhatIsInIsKept) {
  join("a");
  redis_.command({"SET", "out:dead", "not a stream"});
  const auto runs = both(both(plain(0, {"x", "x"}), dead(3, "d")), plain(3, {"y"}));
  const auto answer = commit_once("a", "1.v1:0", 0, runs);
  ASSERT_EQ(answer.size(), 5U);
  EXPECT_THAT(answer[2], HasSubstr("WRONGTYPE"));
  EXPECT_THAT(answer, ElementsAre("failed", "2", answer[2], "1", "-"));
  EXPECT_THAT(kept(), ElementsAre(1, 0, 0));
  redis_.command({"DEL", "out:dead"});
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, runs), ElementsAre("ok", "4"))
      << "y is not a duplicate of itself";
  EXPECT_THAT(ids(), ElementsAre("x", "y"));
}

TEST_F(DedupScript, AKeyOfAnotherTypeIsRefusedBeforeAnythingIsDone) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  redis_.command({"SET", key("ids:0"), "not a set"});
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"y"})).front(), HasSubstr("WRONGTYPE"));
  EXPECT_EQ(lane("1.v1", 0), "a 1 -");
  EXPECT_THAT(ids(), ElementsAre("x"));
}

TEST_F(DedupScript, AfterHalfAWindowTheNextSetTakesAndAfterAWholeOneIdsAreForgotten) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"first"}));
  let_pass(29000);
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"same set"})), ElementsAre("ok", "2"));
  let_pass(1001);
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, plain(2, {"next set", "first"})),
              ElementsAre("ok", "4", "", "1", "-"));
  EXPECT_THAT(kept(), ElementsAre(2, 1, 0));
  let_pass(30001);
  EXPECT_THAT(commit_once("a", "1.v1:0", 4, plain(4, {"third set", "first", "next set"})),
              ElementsAre("ok", "7", "", "2", "-"));
  EXPECT_THAT(kept(), ElementsAre(2, 1, 1));
  let_pass(30001);  // since the end of the first one's set
  EXPECT_THAT(commit_once("a", "1.v1:0", 7, plain(7, {"next set", "first"})),
              ElementsAre("ok", "9", "", "1", "-"));
  EXPECT_THAT(kept(), ElementsAre(1, 1, 1)) << "the oldest was emptied and takes over";
}

TEST_F(DedupScript, WhatIsTooOldIsNotLookedAtAlthoughItIsStillThere) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  let_pass(30001);
  commit_once("a", "1.v1:0", 1, plain(1, {"y"}));
  let_pass(60001);
  EXPECT_THAT(commit_once("a", "1.v1:0", 2, plain(2, {"x"})), ElementsAre("ok", "3", "", "0", "-"));
}

TEST_F(DedupScript, NothingStaysForGood) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}), "0 1000 1000");
  const auto left = redis_.integer({"PTTL", key("ids:0")});
  EXPECT_GT(left, 1000);
  EXPECT_LE(left, 1500);
  EXPECT_TRUE(wait_until([&] { return redis_.integer({"EXISTS", key("ids:0")}) == 0; }, 5s));
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"x"}), "0 1000 1000"),
              ElementsAre("ok", "2", "", "0", "-"));
}

TEST_F(DedupScript, AClockThatWasSetBackMakesTheWindowLongerAndNoMore) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  let_pass(-3600'000);  // an hour
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"x", "y"})), ElementsAre("ok", "3", "", "1", "-"));
  EXPECT_THAT(kept(), ElementsAre(1, 1, 0));
  EXPECT_THAT(commit_once("a", "1.v1:0", 3, plain(3, {"x", "y"})), ElementsAre("ok", "5", "", "2"))
      << "it goes on by the clock of now";
}

TEST_F(DedupScript, AtTheLimitTheOldestGoAndItIsToldHowFarTheWindowReaches) {
  join("a");
  auto next = [&, n = 0](const Words& ids) mutable {
    const auto answer = commit_once("a", "1.v1:0", n, plain(n, ids), "0 60000 9");
    n += static_cast<int>(ids.size());
    return answer;
  };
  EXPECT_EQ(next({"1", "2", "3"}).size(), 5U);
  EXPECT_THAT(next({"4", "5", "6"}), ElementsAre("ok", "6", "", "0", "-"));
  EXPECT_THAT(next({"7", "8", "1"}), ElementsAre("ok", "9", "", "1", "-")) << "all of them are still kept";
  EXPECT_EQ(next({"9"}).size(), 2U);
  EXPECT_THAT(kept(), ElementsAre(3, 3, 3));
  let_pass(5000);
  const auto answer = next({"10"});
  ASSERT_EQ(answer.size(), 5U);
  EXPECT_GE(std::stoi(answer[4]), 5000);
  EXPECT_LT(std::stoi(answer[4]), 60000);
  EXPECT_THAT(kept(), ElementsAre(1, 3, 3));
  EXPECT_THAT(next({"1", "4"}), ElementsAre("ok", "13", "", "1")) << "1 is forgotten, 4 is not";
}

TEST_F(DedupScript, AStateThatWasDeletedTakesTheIdsWithIt) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  redis_.command({"DEL", key("state")});
  join("a");
  auto runs = plain(0, {"x"});
  const auto now = view();
  runs.back() = now + ":1";
  EXPECT_THAT(commit_once("a", now + ":0", 0, runs), ElementsAre("ok", "1", "", "0", "-"));
}

TEST_F(DedupScript, WithARestartIdsAreStillKnown) {
  join("a");
  commit_once("a", "1.v1:0", 0, plain(0, {"x"}));
  restart();
  EXPECT_THAT(commit_once("a", "1.v1:0", 1, plain(1, {"x"})), ElementsAre("ok", "2", "", "1"));
}

TEST_F(DedupScript, MoreEntriesThanOneCommandTakes) {
  join("a");
  Words some;
  for (int i = 0; i < 12000; ++i) some.push_back("id" + std::to_string(i));
  EXPECT_THAT(commit_once("a", "1.v1:0", 0, plain(0, some)), ElementsAre("ok", "12000", "", "0", "-"));
  EXPECT_THAT(kept(), ElementsAre(12000, 0, 0));
  EXPECT_THAT(commit_once("a", "1.v1:0", 12000, plain(12000, some)), ElementsAre("ok", "24000", "", "12000"));
  EXPECT_EQ(redis_.integer({"XLEN", "out"}), 12000);
}

TEST_F(DedupScript, ABoundTrimsTheStreamAllTheSame) {
  join("a");
  Words some;
  for (int i = 0; i < 500; ++i) some.push_back("id" + std::to_string(i));
  commit_once("a", "1.v1:0", 0, plain(0, some), "100 60000 1000000");
  EXPECT_LT(redis_.integer({"XLEN", "out"}), 500);
  EXPECT_THAT(kept(), ElementsAre(500, 0, 0)) << "what was trimmed was appended";
}

TEST_F(DedupScript, AMalformedRunMovesNothing) {
  join("a");
  for (const auto& runs : {Words{"u", "1", "x"}, Words{"t", "9999999", "message_id", "c", "x", "1.v1:1"},
                           Words{"u", "x", "1.v1:1"}, Words{"g", "1", "7", "1.v1:1"}}) {
    const auto answer = commit_once("a", "1.v1:0", 0, runs).front();
    EXPECT_TRUE(answer.starts_with("ERR") || answer == "failed" || answer == "ok") << answer;
    EXPECT_EQ(redis_.integer({"XLEN", "out"}), 0);
  }
}

TEST_F(DedupScript, StatusTellsOfItWhileTheGroupHasAWindow) {
  join("a", {.fingerprint = "input channel x, dedup window 60s"});
  auto told = status();
  EXPECT_FALSE(told.contains("ids-kept")) << "nothing was appended yet";
  commit_once("a", "1.v1:0", 0, plain(0, {"x", "y", "x"}));
  let_pass(4000);
  told = status();
  EXPECT_EQ(told["duplicates"], "1");
  EXPECT_EQ(told["ids-kept"], "2");
  EXPECT_EQ(told["ids-window"], "60000");
  EXPECT_EQ(told["ids-reach"], "60000") << "no id was forgotten yet";
  for (int position = 3; position < 9; ++position) {
    commit_once("a", "1.v1:0", position, plain(position, {"n" + std::to_string(position)}), "0 60000 3");
    let_pass(2000);
  }
  told = status();
  EXPECT_EQ(told["ids-kept"], "3");
  EXPECT_GE(std::stoi(told["ids-reach"]), 4000) << "the ids of three commits, two seconds apart";
  EXPECT_LT(std::stoi(told["ids-reach"]), 10000);
  let_pass(300'000);
  EXPECT_EQ(status()["ids-reach"], "60000");
  redis_.command({"HSET", key("state"), "fingerprint", "input channel x"});
  EXPECT_FALSE(status().contains("ids-kept"));
}

}  // namespace
}  // namespace tributary::test
