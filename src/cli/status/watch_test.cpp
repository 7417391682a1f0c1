#include "cli/status/watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

StatusReport report(int members = 2) {
  std::string list;
  std::vector<std::string> answer{"view",
                                  "7.b",
                                  "leader",
                                  "m1",
                                  "consumers",
                                  "7",
                                  "entries-added",
                                  "1203442",
                                  "desired:consumers",
                                  "7",
                                  "desired:revision",
                                  "4",
                                  "desired:changed_by",
                                  "me@here"};
  for (int i = 1; i <= members; ++i) {
    const auto id = "m" + std::to_string(i);
    list += (i > 1 ? "," : "") + id + "/" + (i == 1 ? "4" : "3") + "/" + std::to_string(i) + "/0";
    for (const auto& [field, value] :
         {std::pair("host", "alpha"), {"capacity", "4"}, {"busy", "2"}, {"rate", "100.2"}}) {
      answer.insert(answer.end(), {"member:" + id + ":" + field, value});
    }
    answer.insert(answer.end(),
                  {"member:" + id + ":pid", std::to_string(i), "consumers:" + id, i == 1 ? "4 -" : "2 3"});
  }
  answer.insert(answer.end(), {"member:m1:why", "asked for by me@here", "view:7.b", "run/repl " + list});
  StatusReport report;
  report.group = "messages:processed";
  report.server = "localhost:6379";
  report.rate = 20012.6;
  report.status = observe::parse_group_status(answer);
  report.changes = {{"1700000000123-0", "me@here", "consumers", "2", "7", "4"}};
  return report;
}

std::size_t signs(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

TEST(Watch, ShowsDesiredAgainstActualAndEveryHost) {
  RateHistory history;
  for (const double rate : {0.0, 5000.0, 10000.0}) history.add(rate);
  const auto lines = draw_watch(report(), history, 120, 40, "");
  EXPECT_THAT(lines[0], StartsWith("tributary  messages:processed"));
  EXPECT_THAT(lines, Contains(HasSubstr("7 consumers; 7 in the view; revision 4; asked for by me@here")));
  EXPECT_THAT(lines, Contains(HasSubstr("7.b, 7 consumers on 2 nodes, 6 active, 1 STUCK")));
  EXPECT_THAT(lines, Contains(HasSubstr("20,013/s  ▁▅█  highest 10,000/s")));
  EXPECT_THAT(
      lines, Contains(testing::AllOf(StartsWith("alpha:1"), HasSubstr("############"), HasSubstr("leader"))));
  EXPECT_THAT(lines, Contains(testing::AllOf(StartsWith("alpha:2"), HasSubstr("#########..."),
                                             HasSubstr("1 STUCK"))));
  EXPECT_THAT(lines, Contains(HasSubstr("me@here  consumers 2 -> 7")));
}

TEST(Watch, SaysForWhichJournalTheGroupWaits) {
  auto some = report();
  some.status.journals = {{"0f3a", "db1", group::MemberId("db1-71-0a2f6c3d"), 6, 3540}};
  EXPECT_THAT(draw_watch(some, {}, 120, 40, ""),
              Contains("waiting    for the journal of db1 (db1-71-0a2f6c3d), for 3,540 s more"));
  some.status.journals.push_back({"77bc", "", group::MemberId("db2-9-11111111"), 6, 10});
  EXPECT_THAT(draw_watch(some, {}, 120, 40, ""), Contains(HasSubstr("3,540 s more; 1 more")));
  some.status.journals.clear();
  EXPECT_THAT(draw_watch(some, {}, 120, 40, ""), Not(Contains(StartsWith("waiting"))));
}

TEST(Watch, FitsEveryScreen) {
  RateHistory history;
  for (int i = 0; i < 1000; ++i) history.add(i);
  auto some = report(50);
  for (std::uint32_t i = 0; i < 30; ++i) {
    some.status.lanes.push_back({{*group::ViewId::parse("6.a"), i}, group::MemberId("gone"), 90, 100});
  }
  for (const int width : {0, 1, 20, 80, 300}) {
    for (const int height : {0, 1, 3, 8, 10, 24, 25, 60, 200}) {
      const auto lines = draw_watch(some, history, width, height, "no server; connecting again");
      EXPECT_LE(lines.size(), static_cast<std::size_t>(height)) << width << "x" << height;
      for (const auto& line : lines) EXPECT_LE(signs(line), static_cast<std::size_t>(width)) << line;
    }
  }
  EXPECT_THAT(draw_watch(some, history, 100, 24, ""), Contains(HasSubstr("more"))) << "not all members fit";
  EXPECT_THAT(draw_watch(report(4), history, 100, 60, ""), Not(Contains(HasSubstr("more"))));
}

TEST(Watch, SaysWhyThereIsNothingNew) {
  EXPECT_THAT(draw_watch({}, {}, 80, 24, "no server at x"), Contains("!! no server at x"));
  EXPECT_THAT(draw_watch({}, {}, 80, 24, ""), Contains("no group feeds this stream"));
}

TEST(Watch, WhatIsPausedSaysForHowLongItCanBe) {
  auto some = report();
  some.status.desired.desired.state = plan::Desired::State::paused;
  EXPECT_THAT(draw_watch(some, {}, 100, 24, ""), Contains(HasSubstr("the journals do not grow")));
  some.status.members[0].journal_limit = 1000;
  some.status.members[0].journal_bytes = 400;
  some.status.members[0].journal_growth = 10;
  EXPECT_THAT(draw_watch(some, {}, 100, 24, ""), Contains(HasSubstr("about 60 s more")));
}

TEST(Watch, NothingInRedisMovesTheCursor) {
  auto some = report();
  some.status.members[0].host = "\x1b[2Jevil";
  for (const auto& line : draw_watch(some, {}, 100, 24, "\x07")) {
    for (const char c : line) EXPECT_FALSE(static_cast<unsigned char>(c) < ' ') << line;
  }
}

TEST(RateHistory, IsBoundedAndScaledToItsHighest) {
  RateHistory history;
  EXPECT_EQ(history.sparkline(10), "");
  history.add(std::nullopt);
  EXPECT_EQ(history.sparkline(10), "▁");
  for (int i = 0; i < 10000; ++i) history.add(1);
  EXPECT_EQ(history.sparkline(3), "███");
  EXPECT_EQ(signs(history.sparkline(10000)), 500U);
}

}  // namespace
}  // namespace tributary::cli
