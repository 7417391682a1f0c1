#include "process/processors/log_rate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/wait_until.hpp"

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LogRateTest, ManyLinesAreCountedAndTold) {
  std::vector<std::string> lines;
  LogRate log([&](Event, const std::string& line) { lines.push_back(line); }, "work");
  for (int i = 0; i < 100'000; ++i) log.say("processor_output"_event, "w", std::to_string(i));
  EXPECT_LT(lines.size(), 500U);
  EXPECT_EQ(lines[0], "w: 0");
  EXPECT_EQ(lines[19], "w: 19");
  EXPECT_TRUE(test::wait_until([&] { return !log.tell_left_out(); }, test::kPatience));
  EXPECT_THAT(lines.back(), HasSubstr("lines were left out: more than 20 a second"));
  const auto before = lines.size();
  EXPECT_FALSE(log.tell_left_out());
  log.say("processor_output"_event, "w", "again");
  EXPECT_EQ(lines.size(), before + 1);
}

TEST(LogRateTest, LinesAreMadeVisibleAndCut) {
  std::string last;
  LogRate log([&](Event, const std::string& line) { last = line; }, "work");
  log.say("processor_output"_event, "w", "caf\xc3\xa9\t\x1b[31m");
  EXPECT_EQ(last, "w: caf\xc3\xa9\t\\x1b[31m");
  log.say("processor_output"_event, "w", std::string(1001, 'x'));
  EXPECT_EQ(last, "w: " + std::string(997, 'x') + "...");
}

}  // namespace
}  // namespace tributary::process
