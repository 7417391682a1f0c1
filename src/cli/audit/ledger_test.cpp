#include "cli/audit/ledger.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

namespace tributary::cli {
namespace {

class LedgerFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "tributary_ledger_" + std::to_string(getpid()) + "_" +
            testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(std::string_view text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string path_;
};

TEST(LedgerLine, RoundTrip) {
  for (const Publication& publication :
       {Publication{"a", 3}, Publication{"with space", 0}, Publication{"b", std::nullopt}}) {
    std::string line;
    append_ledger_line(line, publication);
    ASSERT_TRUE(line.ends_with('\n'));
    const auto read = parse_ledger_line(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id, publication.id);
    EXPECT_EQ(read->receivers, publication.receivers);
  }
}

TEST(LedgerLine, RefusesOtherThings) {
  for (const auto* line : {"", " ", "a", "a ", " 1", "a x", "a -1", "a 1 "})
    EXPECT_FALSE(parse_ledger_line(line)) << line;
}

TEST(ReceiptLine, RoundTrip) {
  for (const Receipt& receipt :
       {Receipt{"7.3fa9c2:12345", "id"}, Receipt{"7.3fa9c2:1", std::nullopt}, Receipt{"1.a:2", "x y"}}) {
    std::string line;
    append_receipt_line(line, receipt);
    const auto read = parse_receipt_line(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->position, receipt.position);
    EXPECT_EQ(read->id, receipt.id);
  }
  for (const auto* line : {"", "a b", "7.a:1", "7.a:1 "}) EXPECT_FALSE(parse_receipt_line(line)) << line;
}

TEST_F(LedgerFile, HoldsWhatWasRecorded) {
  {
    auto ledger = Ledger::create(path_);
    ASSERT_TRUE(ledger);
    for (int i = 0; i < 100'000; ++i) ledger->record({"id-" + std::to_string(i), i % 3});
    ledger->record({"last", std::nullopt});
    ASSERT_TRUE(ledger->flush());
  }
  std::uint64_t seen = 0;
  std::string last;
  const auto count = read_ledger(path_, [&](const Publication& publication) {
    if (publication.receivers) {
      EXPECT_EQ(publication.id, "id-" + std::to_string(seen));
    }
    last = publication.id;
    ++seen;
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(count.value().lines, 100'001U);
  EXPECT_FALSE(count.value().torn);
  EXPECT_EQ(last, "last");
}

TEST_F(LedgerFile, ATornLastLineIsLeftOut) {
  write("a 1\nb 2\nc");
  std::vector<std::string> ids;
  const auto count = read_ledger(path_, [&](const Publication& p) { ids.emplace_back(p.id); });
  ASSERT_TRUE(count);
  EXPECT_TRUE(count.value().torn);
  EXPECT_EQ(ids, (std::vector<std::string>{"a", "b"}));
}

TEST_F(LedgerFile, ErrorsNameFileAndLine) {
  write("a 1\nnonsense\n");
  const auto count = read_ledger(path_, [](const Publication&) {});
  ASSERT_FALSE(count);
  EXPECT_EQ(count.error().kind, ErrorKind::data);
  EXPECT_NE(count.error().message.find(path_ + " line 2"), std::string::npos);
  EXPECT_EQ(read_ledger("/nowhere/at/all", [](const Publication&) {}).error().kind, ErrorKind::no_input);
  EXPECT_EQ(Ledger::create("/nowhere/at/all").error().kind, ErrorKind::cannot_create);
}

}  // namespace
}  // namespace tributary::cli
