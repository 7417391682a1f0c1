#include "process/processors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "process/additions.hpp"

namespace tributary::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::HasSubstr;

const Message kMessage{R"({"message_id":"m"})", "m", "7.a:1", {}};

struct Run {
  Outcome outcome;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string reason;
  steady_clock::duration took;
};

Run run(Processor& processor, const Message& message = kMessage) {
  Additions additions;
  Run result{};
  const auto start = steady_clock::now();
  result.outcome = processor.process(message, additions, result.reason);
  result.took = steady_clock::now() - start;
  for (const auto& field : additions.fields()) result.fields.emplace_back(field.name, field.value);
  return result;
}

std::unique_ptr<Processor> make(std::string_view spec) {
  auto factory = make_processors(spec);
  EXPECT_TRUE(factory.ok()) << spec;
  return (*factory)();
}

void expect_stamped(const Run& result) {
  EXPECT_EQ(result.outcome, Outcome::append);
  EXPECT_THAT(result.fields, ElementsAre(std::pair<std::string, std::string>("processed", "1")));
}

TEST(ProcessorsTest, StampAddsProcessedAndDoesNotBlock) {
  const auto processor = make("stamp");
  EXPECT_FALSE(processor->may_block());
  expect_stamped(run(*processor));
}

TEST(ProcessorsTest, DelayAndSpinTakeTheirTime) {
  for (const auto* spec : {"delay:20ms", "spin:20ms", "delay:20000us", "spin:0.02s"}) {
    const auto processor = make(spec);
    EXPECT_TRUE(processor->may_block());
    const auto result = run(*processor);
    expect_stamped(result);
    EXPECT_GE(result.took, milliseconds(20)) << spec;
  }
}

TEST(ProcessorsTest, EachCallMakesANewOne) {
  auto factory = make_processors("stamp");
  ASSERT_TRUE(factory.ok());
  EXPECT_NE((*factory)(), (*factory)());
}

TEST(ProcessorsTest, Durations) {
  for (const auto* duration : {"0s", "5ms", "200us", "1s", "1.5s", "3600s", "0.001ms"}) {
    EXPECT_TRUE(make_processors("delay:" + std::string(duration)).ok()) << duration;
  }
  for (const auto* duration :
       {"", "5", "ms", "-5ms", "5 ms", " 5ms", "5ms ", "5m", "5h", "1e3s", "nans", "infs", "inf", "3601s",
        "999999999999999999s", "5MS", "0x5s", "1,5s", "5ms:"}) {
    auto result = make_processors("spin:" + std::string(duration));
    ASSERT_FALSE(result.ok()) << duration;
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
    EXPECT_THAT(result.error().message, HasSubstr("e.g. spin:5ms"));
  }
}

TEST(ProcessorsTest, ErrorsNameWhatIsWrongAndWhatThereIs) {
  for (const auto* spec : {"", "Stamp", "stamp2", ":", "run:ls", "stampede"}) {
    auto result = make_processors(spec);
    ASSERT_FALSE(result.ok()) << spec;
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
    EXPECT_THAT(result.error().message, HasSubstr("\"" + std::string(spec) + "\""));
    EXPECT_THAT(result.error().message,
                HasSubstr("stamp, exec:<command>, http://..., lua:<file>, plugin:<file>, delay:<duration>, "
                          "spin:<duration> or flaky:<percent>"));
  }
  EXPECT_FALSE(make_processors("stamp:").ok());
  EXPECT_FALSE(make_processors("delay").ok());
  for (const auto* percent : {"", "101", "-1", "5%", "1.5", "x"}) {
    EXPECT_FALSE(make_processors("flaky:" + std::string(percent)).ok()) << percent;
  }
}

TEST(ProcessorsTest, AreShownWithoutSecrets) {
  for (const auto& [spec, shown] :
       {std::pair("http://me:secret@host:80/a@b?key=1", "http://host:80/a@b"),
        std::pair("https://host", "https://host"), std::pair("https://host?a@b", "https://host"),
        std::pair("lua:a@b?c", "lua:a@b?c"), std::pair("http://a@b@host#x", "http://host")}) {
    EXPECT_EQ(shown_processor(spec), shown);
  }
}

TEST(ProcessorsTest, FlakyFailsAsForetold) {
  const auto processor = make("flaky:30");
  EXPECT_FALSE(processor->may_block());
  int failures = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto id = "m" + std::to_string(i);
    const auto position = "7.a:" + std::to_string(i + 1);
    for (unsigned attempt = 1; attempt <= 4; ++attempt) {
      const auto result = run(*processor, {"", id, position, {}});
      if (!flaky_fails(id, attempt, 30)) {
        expect_stamped(result);
        continue;
      }
      ++failures;
      EXPECT_EQ(result.outcome, Outcome::fail);
      EXPECT_THAT(result.reason, HasSubstr("attempt " + std::to_string(attempt)));
    }
  }
  EXPECT_GT(failures, 1000);
  EXPECT_LT(failures, 1400);
}

TEST(ProcessorsTest, FlakyAlwaysAndNever) {
  EXPECT_EQ(run(*make("flaky:0")).outcome, Outcome::append);
  EXPECT_EQ(run(*make("flaky:100")).outcome, Outcome::fail);
}

}  // namespace
}  // namespace tributary::process
