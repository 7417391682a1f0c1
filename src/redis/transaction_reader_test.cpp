#include "redis/transaction_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tributary::redis {
namespace {

const std::string kTwoEntries =
    "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n$15\r\n1700000000000-0\r\n$15\r\n1700000000000-1\r\n";

std::vector<std::string> words(const Reply& reply) {
  std::vector<std::string> words;
  for (const auto& element : reply.elements) words.push_back(element.text);
  return words;
}

Reply read(std::size_t commands, const std::string& bytes, std::string_view rest = "") {
  TransactionReader reader;
  reader.begin(commands);
  EXPECT_EQ(reader.feed(bytes), rest);
  EXPECT_TRUE(reader.done());
  return reader.done() ? reader.take() : Reply{};
}

TEST(TransactionReaderTest, TheLastElementOfExecCounts) {
  EXPECT_EQ(words(read(3, kTwoEntries + "+ok 17\r\n")), (std::vector<std::string>{"ok", "17"}));
  EXPECT_EQ(words(read(3, kTwoEntries + "+gone\r\n")), (std::vector<std::string>{"gone"}));
  EXPECT_EQ(words(read(3, kTwoEntries + "+fenced host-1\r\n+OK\r\n", "+OK\r\n")),
            (std::vector<std::string>{"fenced", "host-1"}));
}

TEST(TransactionReaderTest, BytesMayComeInAnyPieces) {
  const auto all = kTwoEntries + "+gap 5\r\n:1\r\n";
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
    EXPECT_EQ(words(reader.take()), (std::vector<std::string>{"gap", "5"}));
  }
}

TEST(TransactionReaderTest, ARefusedCommandIsTheAnswerNotThatTheTransactionWasDiscarded) {
  const auto reply = read(2,
                          "+OK\r\n+QUEUED\r\n-OOM command not allowed\r\n"
                          "-EXECABORT Transaction discarded because of previous errors.\r\n");
  EXPECT_TRUE(reply.is_error("OOM"));
  EXPECT_TRUE(read(1, "+OK\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of: OOM\r\n")
                  .is_error("EXECABORT"));
  EXPECT_TRUE(read(1, "-NOPERM no multi\r\n-NOPERM no xadd\r\n-ERR EXEC without MULTI\r\n")
                  .is_error("NOPERM no multi"));
}

TEST(TransactionReaderTest, CommandsThatAreDoneBecauseMultiWasRefusedAreSaidToBe) {
  TransactionReader reader;
  reader.begin(2);
  reader.feed("-NOPERM no multi\r\n$3\r\n1-1\r\n");
  ASSERT_TRUE(reader.done());
  EXPECT_TRUE(reader.take().is_error("DONE IN PART NOPERM no multi"));
}

TEST(TransactionReaderTest, AnErrorThatSettleNamesIsOneWord) {
  EXPECT_EQ(words(read(3, kTwoEntries + "+failed 0 WRONGTYPE Operation against\r\n")),
            (std::vector<std::string>{"failed", "0", "WRONGTYPE Operation against"}));
}

TEST(TransactionReaderTest, AnEntryThatFailedIsNamedBehindTheAnswer) {
  EXPECT_EQ(words(read(2, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n-WRONGTYPE no stream\r\n+failed 7\r\n")),
            (std::vector<std::string>{"failed", "7", "WRONGTYPE no stream"}));
  EXPECT_TRUE(
      read(2, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n-ERR no\r\n+ok 7\r\n").is_error("DONE IN PART ERR no"));
  EXPECT_TRUE(read(2, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$3\r\n1-1\r\n-ERR script\r\n")
                  .is_error("UNSETTLED ERR script"));
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
