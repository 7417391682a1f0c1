#include "redis/transaction_reader.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tributary::redis {
namespace {

using group::TransactionOutcome;

const std::string kTwoEntries =
    "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$15\r\n1700000000000-0\r\n$15\r\n1700000000000-1\r\n";

TransactionOutcome read(std::size_t commands, const std::string& bytes, std::string_view rest = "") {
  TransactionReader reader;
  reader.begin(commands);
  EXPECT_EQ(reader.feed(bytes), rest);
  EXPECT_TRUE(reader.done());
  return reader.done() ? reader.take() : TransactionOutcome{};
}

TEST(TransactionReaderTest, TheLastElementOfExecIsWhatSettleSaid) {
  const auto outcome = read(3, kTwoEntries + "+ok 17\r\n");
  EXPECT_TRUE(outcome.executed);
  EXPECT_EQ(outcome.entries, 2u);
  EXPECT_EQ(outcome.appended, 2u);
  EXPECT_EQ(outcome.settled, "ok 17");
  EXPECT_FALSE(outcome.settle_refused);
  EXPECT_EQ(read(3, kTwoEntries + "+fenced host-1 2\r\n+OK\r\n", "+OK\r\n").settled, "fenced host-1 2");
}

TEST(TransactionReaderTest, BytesMayComeInAnyPieces) {
  const auto all = kTwoEntries + "+gap 5 2\r\n:1\r\n";
  for (std::size_t piece = 1; piece < all.size(); ++piece) {
    TransactionReader reader;
    reader.begin(3);
    std::string rest;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const auto bytes = std::string_view(all).substr(at, piece);
      rest += reader.done() ? bytes : reader.feed(bytes);
      ASSERT_FALSE(reader.broken());
    }
    ASSERT_TRUE(reader.done());
    EXPECT_EQ(rest, ":1\r\n");
    const auto outcome = reader.take();
    EXPECT_EQ(outcome.settled, "gap 5 2");
    EXPECT_EQ(outcome.appended, 2u);
  }
}

TEST(TransactionReaderTest, ARefusedCommandIsWhyNotThatTheTransactionWasDiscarded) {
  const auto outcome = read(2,
                            "+OK\r\n+QUEUED\r\n-OOM command not allowed\r\n"
                            "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_FALSE(outcome.executed);
  EXPECT_EQ(outcome.error, "OOM command not allowed");
  EXPECT_EQ(read(1, "+OK\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of: OOM\r\n").error,
            "EXECABORT Transaction discarded because of: OOM");
  EXPECT_EQ(read(1, "-NOPERM no multi\r\n-NOPERM no xadd\r\n-ERR EXEC without MULTI\r\n").error,
            "NOPERM no multi");
}

TEST(TransactionReaderTest, CommandsThatAreDoneBecauseMultiWasRefusedAreInPieces) {
  TransactionReader reader;
  reader.begin(2);
  reader.feed("-NOPERM no multi\r\n$3\r\n1-1\r\n");
  ASSERT_TRUE(reader.done());
  const auto outcome = reader.take();
  EXPECT_TRUE(outcome.in_pieces);
  EXPECT_EQ(outcome.error, "NOPERM no multi");
}

TEST(TransactionReaderTest, EntriesThatFailedAreNotCounted) {
  const auto outcome = read(
      3,
      "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$3\r\n1-1\r\n-WRONGTYPE no stream\r\n+failed 7 1\r\n");
  EXPECT_EQ(outcome.appended, 1u);
  EXPECT_EQ(outcome.error, "WRONGTYPE no stream");
  EXPECT_EQ(outcome.settled, "failed 7 1");
}

TEST(TransactionReaderTest, ASettleThatIsRefusedIsTold) {
  const auto outcome = read(2, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$3\r\n1-1\r\n-MISCONF disk\r\n");
  EXPECT_TRUE(outcome.settle_refused);
  EXPECT_EQ(outcome.settled, "MISCONF disk");
  EXPECT_EQ(outcome.appended, 1u);
}

TEST(TransactionReaderTest, WhatIsNoAnswerToATransactionIsBroken) {
  for (const std::string bytes :
       {":1\r\n", "\r\n", "+OK\n", "+OK\r\n+QUEUED\r\n*2\r\n", "+OK\r\n+QUEUED\r\n*-1\r\n",
        "+OK\r\n+QUEUED\r\n$3\r\n", "+OK\r\n+QUEUED\r\n*1\r\n$3\r\n", "+OK\r\n-ERR\r\n*1\r\n",
        "+OK\r\n+QUEUED\r\n*1\r\n:3\r\n", "+OK\r\n+QUEUED\r\n*99999999999999999999999\r\n"}) {
    TransactionReader reader;
    reader.begin(1);
    reader.feed(bytes);
    EXPECT_TRUE(reader.broken()) << bytes;
  }
  TransactionReader reader;
  reader.begin(1);
  reader.feed(std::string(100'000, 'x'));
  EXPECT_TRUE(reader.broken()) << "a line without end";
}

}  // namespace
}  // namespace tributary::redis
