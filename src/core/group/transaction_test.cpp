#include "core/group/transaction.hpp"

#include <gtest/gtest.h>

namespace tributary::group {
namespace {

using Kind = Answer::Kind;
using Values = std::vector<std::string>;

TransactionOutcome executed(std::size_t entries, std::size_t appended, std::string settled,
                            bool refused = false) {
  TransactionOutcome outcome;
  outcome.executed = true;
  outcome.entries = entries;
  outcome.appended = appended;
  if (appended < entries) outcome.error = "ERR xadd";
  outcome.settled = std::move(settled);
  outcome.settle_refused = refused;
  return outcome;
}

Values values(const TransactionOutcome& outcome) {
  const auto answer = answer_of(outcome);
  EXPECT_EQ(answer.kind, Kind::values) << answer.error;
  return answer.values;
}

TEST(TransactionTest, SettledThenItAnswersAsTheScriptDoes) {
  EXPECT_EQ(values(executed(2, 2, "ok 17")), (Values{"ok", "17"}));
  EXPECT_EQ(values(executed(2, 2, "ok 17 NOPERM no xtrim")), (Values{"ok", "17", "NOPERM no xtrim"}));
}

TEST(TransactionTest, AllTakenBackThenItAnswersAsTheScriptDoes) {
  EXPECT_EQ(values(executed(2, 2, "gap 5 2")), (Values{"gap", "5"}));
  EXPECT_EQ(values(executed(2, 2, "fenced x-1 2")), (Values{"fenced", "x-1"}));
  EXPECT_EQ(values(executed(2, 2, "gone - 2")), (Values{"gone"}));
  EXPECT_EQ(values(executed(2, 1, "failed 7 1")), (Values{"failed", "7", "ERR xadd"}));
  EXPECT_EQ(values(executed(2, 2, "failed 7 2 NOPERM no hset")), (Values{"failed", "7", "NOPERM no hset"}));
}

TEST(TransactionTest, NotAllTakenBackThenItWasDoneInPart) {
  EXPECT_EQ(answer_of(executed(2, 2, "gap 5 1")).kind, Kind::in_part);
  EXPECT_EQ(answer_of(executed(2, 2, "gap 5")).kind, Kind::in_part);
  EXPECT_EQ(answer_of(executed(2, 2, "failed 7 0")).kind, Kind::in_part);
  EXPECT_EQ(answer_of(executed(2, 1, "ok 17")).kind, Kind::in_part) << "one entry is not in";
}

TEST(TransactionTest, SettleDidNotTellThenTheAnswersToTheEntriesDo) {
  for (const bool refused : {false, true}) {
    const std::string said = refused ? "MISCONF disk" : "stuck MISCONF disk";
    const auto all = answer_of(executed(2, 2, said, refused));
    EXPECT_EQ(all.kind, Kind::unsettled);
    EXPECT_EQ(all.error, "MISCONF disk");
    EXPECT_EQ(answer_of(executed(2, 0, said, refused)).kind, Kind::refused);
    EXPECT_EQ(answer_of(executed(2, 1, said, refused)).kind, Kind::in_part);
  }
}

TEST(TransactionTest, NeverExecutedThenNothingWasDone) {
  TransactionOutcome outcome;
  outcome.entries = 2;
  outcome.error = "OOM x";
  EXPECT_EQ(answer_of(outcome).kind, Kind::refused);
  EXPECT_EQ(answer_of(outcome).error, "OOM x");
  outcome.in_pieces = true;
  EXPECT_EQ(answer_of(outcome).kind, Kind::in_part);
}

}  // namespace
}  // namespace tributary::group
