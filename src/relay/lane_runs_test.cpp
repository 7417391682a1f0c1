#include "relay/lane_runs.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

// What is kept of a lane, and what is handed out of it again. Named by condition and outcome.
namespace tributary::relay {
namespace {

constexpr std::uint64_t kWindow = 100;

std::shared_ptr<Run> run(std::uint64_t first, std::uint64_t end, bool complete = false) {
  auto run = std::make_shared<Run>();
  run->first = first;
  run->positions.resize(end - first);
  run->done = complete ? run->positions.size() : 0;
  return run;
}

std::pair<std::uint64_t, std::uint64_t> hole(LaneRuns& runs, std::uint64_t limit = kWindow) {
  const auto hole = runs.next_hole(limit);
  return {hole.first, hole.end};
}

std::shared_ptr<Run> add(LaneRuns& runs, std::uint64_t first, std::uint64_t end, bool complete = false) {
  auto added = run(first, end, complete);
  runs.next_hole(kWindow);
  runs.add(added);
  return added;
}

using Ranks = std::pair<std::uint64_t, std::uint64_t>;

TEST(LaneRunsTest, MessagesAreHandedOutInOrderFromTheFirstNotAcknowledged) {
  LaneRuns runs;
  runs.follow(7, kWindow);
  EXPECT_EQ(hole(runs), Ranks(7, 100));
  add(runs, 7, 10);
  EXPECT_EQ(hole(runs), Ranks(10, 100));
  EXPECT_TRUE(runs.next_hole(10).empty());
}

TEST(LaneRunsTest, RunsWithMessagesTakenForDuplicatesAreHandedOutAgain) {
  LaneRuns runs;
  const auto first = add(runs, 0, 2, true), second = add(runs, 2, 5, true), third = add(runs, 5, 6, true);
  first->appended_ids = {1, 2};
  second->skipped = 1;
  third->appended_ids = {3};
  runs.follow(3, kWindow);
  EXPECT_EQ(runs.take_appended_ids(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(runs.take_appended_ids().empty());
  runs.discard_skipped();
  EXPECT_TRUE(second->abandoned());
  EXPECT_EQ(runs.completed(), 3U);
  EXPECT_EQ(hole(runs), Ranks(3, 5)) << "from the first one that is not acknowledged";
  add(runs, 3, 5, true);
  EXPECT_EQ(runs.completed(), 6U) << "the others' results are kept";
}

TEST(LaneRunsTest, ResultsCountUpToTheFirstThatIsMissing) {
  LaneRuns runs;
  const auto first = add(runs, 0, 2, true), second = add(runs, 2, 5), third = add(runs, 5, 6, true);
  EXPECT_EQ(runs.completed(), 2u);
  second->done = 2;
  EXPECT_EQ(runs.completed(), 2u) << "a run counts as a whole";
  second->done = 3;
  EXPECT_EQ(runs.completed(), 6u);
  EXPECT_EQ(runs.covering(4), second);
  EXPECT_EQ(runs.covering(6), nullptr);
}

TEST(LaneRunsTest, AcknowledgedRunsAreAbandonedButOneThatReachesBeyondIsKept) {
  LaneRuns runs;
  const auto first = add(runs, 0, 3), second = add(runs, 3, 6);
  runs.follow(4, kWindow);  // by another node: they were not complete here
  EXPECT_TRUE(first->abandoned());
  EXPECT_FALSE(second->abandoned());
  EXPECT_EQ(runs.covering(2), nullptr);
  EXPECT_EQ(runs.completed(), 4u);
  second->done = 3;
  EXPECT_EQ(runs.completed(), 6u);
  runs.follow(20, kWindow);
  EXPECT_TRUE(second->abandoned());
  EXPECT_EQ(hole(runs), Ranks(20, 100)) << "what was never handed out needs not be";
}

TEST(LaneRunsTest, RedisWentBackThenOnlyWhatIsMissingIsHandedOutAgain) {
  LaneRuns runs;
  add(runs, 0, 3, true);
  const auto kept = add(runs, 3, 6, true), held = add(runs, 6, 8);
  runs.follow(3, kWindow);
  runs.follow(1, kWindow);
  EXPECT_EQ(runs.completed(), 1u) << "the first run is gone";
  EXPECT_EQ(hole(runs), Ranks(1, 3));
  add(runs, 1, 2, true);
  EXPECT_EQ(hole(runs), Ranks(2, 3));
  add(runs, 2, 3, true);
  EXPECT_EQ(runs.completed(), 6u);
  EXPECT_EQ(hole(runs), Ranks(8, 100));
  EXPECT_FALSE(kept->abandoned());
  EXPECT_FALSE(held->abandoned());
}

TEST(LaneRunsTest, RedisWentBackFarThenNothingBeyondTheWindowIsKept) {
  LaneRuns runs;
  runs.follow(500, kWindow);
  const auto near = add(runs, 500, 510), far = add(runs, 510, 520);
  runs.follow(410, kWindow);
  EXPECT_FALSE(near->abandoned());
  EXPECT_TRUE(far->abandoned());
  EXPECT_EQ(hole(runs, 510), Ranks(410, 500));
}

TEST(LaneRunsTest, ARunThatWasSplitIsReplacedByItsParts) {
  LaneRuns runs;
  const auto whole = add(runs, 0, 5);
  add(runs, 5, 6, true);
  runs.replace(*whole, {run(0, 2, true), run(2, 5)});
  EXPECT_EQ(runs.completed(), 2u);
  runs.covering(2)->done = 3;
  EXPECT_EQ(runs.completed(), 6u);
  EXPECT_EQ(hole(runs), Ranks(6, 100));
}

TEST(LaneRunsTest, AnAbandonedLaneAbandonsAllItsRuns) {
  LaneRuns runs;
  const auto first = add(runs, 0, 3), second = add(runs, 3, 6);
  runs.abandon();
  EXPECT_TRUE(first->abandoned());
  EXPECT_TRUE(second->abandoned());
}

}  // namespace
}  // namespace tributary::relay
