#include "cli/audit/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

using testing::ElementsAre;

TEST(Audit, AllIsWell) {
  Audit audit;
  audit.publication({"a", 2});
  audit.publication({"b", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  audit.entry({.id = "b", .position = "1.x:2", .dead = true});
  const auto report = audit.report();
  EXPECT_EQ(report.published, 2U);
  EXPECT_EQ(report.appended, 1U);
  EXPECT_EQ(report.dead_lettered, 1U);
  EXPECT_EQ(report.missing + report.duplicated_ids + report.duplicated_positions + report.unexpected, 0U);
}

TEST(Audit, MissingIsWhatReachedSomebodyAndIsNotThere) {
  Audit audit;
  audit.publication({"lost", 1});
  audit.publication({"nobody", 0});
  audit.publication({"unanswered", std::nullopt});
  const auto report = audit.report();
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(report.reached_nobody, 1U);
  EXPECT_EQ(report.unacknowledged, 1U);
  EXPECT_TRUE(audit.is_missing(Publication{"lost", 1}));
  EXPECT_FALSE(audit.is_missing(Publication{"nobody", 0}));
}

TEST(Audit, UnansweredAndUnheardAreExpectedIfThere) {
  Audit audit;
  audit.publication({"nobody", 0});
  audit.publication({"unanswered", std::nullopt});
  audit.entry({.id = "unanswered", .position = "1.x:1"});
  audit.entry({.id = "nobody", .position = "1.x:2"});
  EXPECT_EQ(audit.report().unexpected, 0U);
  EXPECT_EQ(audit.report().duplicated_ids, 0U);
}

TEST(Audit, DuplicatesByIdAcrossBothStreams) {
  Audit audit;
  audit.publication({"a", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  audit.entry({.id = "a", .position = "2.y:1", .dead = true});
  const auto report = audit.report();
  EXPECT_EQ(report.duplicated_ids, 1U);
  EXPECT_EQ(report.duplicated_positions, 0U);
  EXPECT_THAT(report.duplicated_examples, ElementsAre("a at 2.y:1"));
}

TEST(Audit, EntriesOfOneKeyAreToAscendByViewAndPosition) {
  Audit audit;
  audit.entry({.id = "1", .position = "9.a:5", .key = "ann"});
  audit.entry({.id = "2", .position = "9.a:3", .key = "bob"});
  audit.entry({.id = "3", .position = "10.b:1", .key = "ann"});
  EXPECT_EQ(audit.report().out_of_order_by_key, 0U);
  EXPECT_EQ(audit.report().keys, 2U);
  audit.entry({.id = "4", .position = "9.a:7", .key = "ann"});
  audit.entry({.id = "5", .position = "9.a:2", .key = "bob"});
  audit.entry({.id = "6", .position = "9.a:8"});
  EXPECT_EQ(audit.report().out_of_order_by_key, 2U);
  EXPECT_THAT(audit.report().out_of_order_examples, ElementsAre("4 at 9.a:7", "5 at 9.a:2"));
}

TEST(Audit, AnIdThatComesAgainAfterTheWindowIsNoDuplicate) {
  Audit audit(1000);
  audit.publication({"a", 1});
  audit.entry({.id = "a", .position = "1.x:1", .time_ms = 10'000});
  audit.entry({.id = "a", .position = "1.x:2", .time_ms = 13'000});
  EXPECT_EQ(audit.report().duplicated_ids, 0U);
  EXPECT_EQ(audit.report().unexpected, 1U) << "published once, by what the ledger knows";
  audit.entry({.id = "a", .position = "1.x:3", .time_ms = 13'500});
  EXPECT_EQ(audit.report().duplicated_ids, 1U);
}

TEST(Audit, DuplicatesByPosition) {
  Audit audit;
  audit.publication({"a", 1});
  audit.publication({"b", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  audit.entry({.id = "b", .position = "1.x:1"});
  EXPECT_EQ(audit.report().duplicated_ids, 0U);
  EXPECT_EQ(audit.report().duplicated_positions, 1U);
}

TEST(Audit, AnIdThatWasPublishedTwiceMayBeThereTwice) {
  Audit audit;
  audit.publication({"a", 1});
  audit.publication({"a", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  EXPECT_EQ(audit.report().missing, 1U);
  audit.entry({.id = "a", .position = "1.x:2"});
  EXPECT_EQ(audit.report().missing, 0U);
  EXPECT_EQ(audit.report().duplicated_ids, 0U);
}

TEST(Audit, UnexpectedIsWhatTheFilesDoNotKnow) {
  Audit audit;
  audit.publication({"a", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  audit.entry({.id = "stranger", .position = "1.x:2"});
  audit.entry({.position = "1.x:3", .dead = true});  // without an id: nobody can tell
  EXPECT_EQ(audit.report().unexpected, 1U);
  EXPECT_THAT(audit.report().unexpected_examples, ElementsAre("stranger at 1.x:2"));
}

TEST(Audit, ReceiptsOfSeveralNodesAreOne) {
  Audit audit;
  for (int node = 0; node < 2; ++node) {
    audit.receipt({"1.x:1", "a"});
    audit.receipt({"1.x:2", std::nullopt});
  }
  audit.receipt({"1.x:3", "only one node had it"});
  audit.entry({.id = "a", .position = "1.x:1"});
  audit.entry({.position = "1.x:2", .dead = true});
  const auto report = audit.report();
  EXPECT_EQ(report.received, 3U);
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(report.unexpected, 0U);
  EXPECT_TRUE(audit.is_missing(Receipt{"1.x:3", "x"}));
  EXPECT_FALSE(audit.is_missing(Receipt{"1.x:1", "a"}));
}

TEST(Audit, WithReceiptsWhatNobodyReceivedIsNotMissing) {
  Audit audit;
  audit.publication({"a", 1});
  audit.publication({"never", 1});
  audit.receipt({"1.x:1", "a"});
  audit.entry({.id = "a", .position = "1.x:1"});
  EXPECT_EQ(audit.report().missing, 0U);
  EXPECT_EQ(audit.report().never_received, 1U);
}

TEST(Audit, OnePositionHasOneMessage) {
  Audit audit;
  audit.receipt({"1.x:1", "a"});
  audit.receipt({"1.x:1", "b"});
  EXPECT_EQ(audit.report().mismatched, 1U);
  audit.entry({.id = "c", .position = "1.x:1"});
  EXPECT_EQ(audit.report().mismatched, 2U);
}

TEST(Audit, OrderIsJudgedWithinAView) {
  Audit audit;
  for (const auto* position : {"1.x:1", "1.x:3", "2.y:1", "1.x:4", "2.y:2", "1.x:2"}) {
    audit.entry({.id = position, .position = position});
  }
  EXPECT_EQ(audit.report().out_of_order, 1U);
  audit.entry({.id = "z", .position = "nonsense"});
  audit.entry({.id = "y"});
  EXPECT_EQ(audit.report().without_position, 2U);
}

TEST(Audit, HoldsManyMessages) {
  Audit audit;
  for (int i = 0; i < 300'000; ++i) {
    const auto id = "id-" + std::to_string(i);
    audit.publication({id, 1});
  }
  for (int i = 0; i < 300'000; i += 2) {
    const auto id = "id-" + std::to_string(i);
    const auto position = "1.x:" + std::to_string(i);
    audit.entry({.id = id, .position = position});
  }
  EXPECT_EQ(audit.report().missing, 150'000U);
  EXPECT_EQ(audit.report().unexpected, 0U);
}

TEST(Audit, WithAWindowWhatHasAnIdInTheStreamIsNotMissing) {
  Audit audit(1000);
  for (const auto* position : {"1.x:1", "1.x:2", "1.x:3", "1.x:4"})
    audit.receipt({position, position == std::string_view("1.x:4") ? "dead" : "a"});
  audit.receipt({"1.x:5", "dead"});
  audit.entry({.id = "a", .position = "1.x:1", .time_ms = 5000});
  audit.entry({.id = "dead", .position = "1.x:4", .time_ms = 5000, .dead = true});
  const auto report = audit.report();
  EXPECT_EQ(report.duplicates_dropped, 2U);
  EXPECT_EQ(report.missing, 1U) << "a dead letter is no reason to drop another message";
  EXPECT_TRUE(audit.is_missing(Receipt{"1.x:5", "dead"}));
  EXPECT_FALSE(audit.is_missing(Receipt{"1.x:2", "a"}));
  EXPECT_EQ(report.received,
            report.appended + report.dead_lettered + report.duplicates_dropped + report.missing);
}

TEST(Audit, WithAWindowLedgersDoTheSame) {
  Audit audit(1000);
  for (int i = 0; i < 3; ++i) audit.publication({"a", 1});
  audit.publication({"lost", 1});
  audit.entry({.id = "a", .position = "1.x:1"});
  EXPECT_EQ(audit.report().duplicates_dropped, 2U);
  EXPECT_EQ(audit.report().missing, 1U);
  EXPECT_FALSE(audit.is_missing(Publication{"a", 1}));
  EXPECT_TRUE(audit.is_missing(Publication{"lost", 1}));
}

TEST(Audit, WithAWindowEntriesWithinItAreDuplicatesHoweverOftenPublished) {
  Audit audit(1000);
  for (int i = 0; i < 4; ++i) audit.publication({"a", 1});
  audit.entry({.id = "a", .position = "1.x:1", .time_ms = 5000});
  audit.entry({.id = "a", .position = "1.x:2", .time_ms = 5999});
  audit.entry({.id = "a", .position = "1.x:3", .time_ms = 6999});
  audit.entry({.id = "a", .position = "1.x:4", .time_ms = 6999, .dead = true});
  EXPECT_EQ(audit.report().duplicated_ids, 1U);
  EXPECT_THAT(audit.report().duplicated_examples, ElementsAre("a at 1.x:2"));
}

}  // namespace
}  // namespace tributary::cli
