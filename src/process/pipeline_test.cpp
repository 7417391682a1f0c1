#include "process/pipeline.hpp"
#include "process/entries.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

#include "process/processors.hpp"
#include "redis/command.hpp"

namespace tributary::process {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Does what the test says; `attempt` counts all calls from 1.
class Scripted final : public Processor {
 public:
  using Script = std::function<Outcome(int attempt, const Message&, FieldSink&, std::string& reason)>;
  Scripted(bool may_block, Script script) : may_block_(may_block), script_(std::move(script)) {}
  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    return script_(++attempt_, message, fields, reason);
  }
  bool may_block() const override { return may_block_; }

 private:
  bool may_block_;
  Script script_;
  int attempt_ = 0;
};

std::string arguments(std::initializer_list<std::string_view> list) {
  std::string bytes;
  for (const auto argument : list) redis::append_argument(bytes, argument);
  return bytes;
}

class PipelineTest : public testing::Test {
 protected:
  static MessagePipeline scripted(Scripted::Script script, RetrySettings settings = {},
                                  bool may_block = false) {
    return {std::make_unique<Scripted>(may_block, std::move(script)), settings, "c1"};
  }
  static MessagePipeline stamp() {
    auto factory = make_processors("stamp");
    return {(*factory)(), {}, "c1"};
  }
  Fate process(MessagePipeline& pipeline, std::string_view payload, std::string_view position = "7.a:1",
               std::stop_token stop = {}) {
    const std::string padded = std::string(payload) + std::string(kPayloadPadding, '}');
    return pipeline.process(std::string_view(padded).substr(0, payload.size()), position, results_,
                            std::move(stop));
  }
  std::string bytes() {
    results_.finish();
    return std::string(results_.bytes());
  }

  EntryRuns results_;
};

/// Remembers what it was told to expect.
class LooksAhead final : public Processor {
 public:
  LooksAhead(bool may_block, std::vector<std::string>& expected)
      : may_block_(may_block), expected_(expected) {}
  Outcome process(const Message&, FieldSink&, std::string&) override { return Outcome::drop; }
  bool may_block() const override { return may_block_; }
  bool looks_ahead() const override { return true; }
  void expect(std::span<const Message> messages) override {
    for (const auto& one : messages) {
      expected_.push_back(std::string(one.position) + " " + std::string(one.id) + " " +
                          std::string(one.payload) + " " + std::to_string(one.attempt));
    }
  }

 private:
  bool may_block_;
  std::vector<std::string>& expected_;
};

constexpr auto kGood = R"({"message_id":"m"})";

TEST_F(PipelineTest, StampsPlainMessages) {
  auto pipeline = stamp();
  EXPECT_FALSE(pipeline.may_block());
  EXPECT_EQ(process(pipeline, R"({"message_id":"m1"})", "7.a:1"), Fate::appended);
  EXPECT_EQ(process(pipeline, R"({"message_id":2})", "7.a:2"), Fate::appended);
  pipeline.set_consumer("c2");
  EXPECT_EQ(process(pipeline, R"({"message_id":"m3","a":true})", "7.a:3"), Fate::appended);
  EXPECT_EQ(bytes(),
            arguments({"t",  "000002",    "message_id", "c1",         "m1",   "7.a:1", "2",    "7.a:2",  //
                       "g",  "000001",    "10",         "message_id", "m3",   "a",     "true", "consumer_id",
                       "c2", "processed", "1",          "position",   "7.a:3"}));
}

TEST_F(PipelineTest, MembersNamedLikeAnAdditionAreRenamed) {
  auto pipeline = stamp();
  process(pipeline, R"({"processed":0,"message_id":"m","position":"here"})");
  EXPECT_EQ(bytes(),
            arguments({"g", "000001", "12", "message.processed", "0", "message_id", "m", "message.position",
                       "here", "consumer_id", "c1", "processed", "1", "position", "7.a:1"}));
}

TEST_F(PipelineTest, BadPayloadsAreDeadLetteredUnprocessed) {
  auto pipeline = scripted([](int, const Message&, FieldSink&, std::string&) -> Outcome {
    ADD_FAILURE() << "called";
    return Outcome::append;
  });
  EXPECT_EQ(process(pipeline, "hello"), Fate::dead_lettered);
  EXPECT_EQ(pipeline.dead_letter_reason(), "not a JSON object");
  EXPECT_EQ(bytes(), arguments({"d", "000001", "10", "payload", "hello", "reason", "not a JSON object",
                                "attempts", "0", "consumer_id", "c1", "position", "7.a:1"}));
}

TEST_F(PipelineTest, TheProcessorSeesTheMessage) {
  auto pipeline = scripted([](int, const Message& message, FieldSink& fields, std::string&) {
    fields.add("payload was", message.payload);
    fields.add("id was", message.id);
    fields.add("position was", message.position);
    return Outcome::append;
  });
  EXPECT_EQ(process(pipeline, kGood), Fate::appended);
  EXPECT_EQ(bytes(), arguments({"g", "000001", "12", "message_id", "m", "consumer_id", "c1", "payload was",
                                kGood, "id was", "m", "position was", "7.a:1", "position", "7.a:1"}));
}

TEST_F(PipelineTest, Drops) {
  auto pipeline = scripted([](int, const Message&, FieldSink&, std::string&) { return Outcome::drop; });
  EXPECT_EQ(process(pipeline, kGood), Fate::dropped);
  EXPECT_EQ(bytes(), arguments({"n", "000001", "7.a:1"}));
}

TEST_F(PipelineTest, FailedAttemptsLeaveNothingBehind) {
  auto pipeline = scripted([](int attempt, const Message&, FieldSink& fields, std::string& reason) {
    if (attempt <= 3) {
      fields.add("half", "done");
      reason = "not yet";
      return Outcome::fail;
    }
    fields.add("processed", "1");
    return Outcome::append;
  });
  EXPECT_EQ(process(pipeline, kGood), Fate::appended);
  EXPECT_EQ(bytes(), arguments({"t", "000001", "message_id", "c1", "m", "7.a:1"}));
}

TEST_F(PipelineTest, DeadLettersAfterTheLastRetry) {
  int calls = 0;
  const auto script = [&calls](int, const Message&, FieldSink&, std::string& reason) {
    reason = "no\nroute " + std::to_string(++calls);
    return Outcome::fail;
  };
  auto pipeline = scripted(script);
  EXPECT_EQ(process(pipeline, kGood), Fate::dead_lettered);
  EXPECT_EQ(calls, 4);
  auto once = scripted(script, {.retries = 0});
  EXPECT_EQ(process(once, kGood, "7.a:2"), Fate::dead_lettered);
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(once.dead_letter_reason(), "failed after 1 attempt: no route 5");
  const auto letter = [](const char* reason, const char* attempts, const char* position) {
    return arguments({"12", "message_id", "m", "payload", kGood, "reason", reason, "attempts", attempts,
                      "consumer_id", "c1", "position", position});
  };
  EXPECT_EQ(bytes(), arguments({"d", "000002"}) +
                         letter("failed after 4 attempts: no route 4", "4", "7.a:1") +
                         letter("failed after 1 attempt: no route 5", "1", "7.a:2"));
}

TEST_F(PipelineTest, ReasonsAreBounded) {
  auto pipeline = scripted(
      [](int, const Message&, FieldSink&, std::string& reason) {
        reason.assign(1 << 20, 'x');
        return Outcome::fail;
      },
      {.retries = 0});
  process(pipeline, kGood);
  EXPECT_LT(bytes().size(), 2000U);
}

TEST_F(PipelineTest, TooManyAdditionsAreAFailure) {
  auto pipeline = scripted([](int, const Message&, FieldSink& fields, std::string&) {
    for (int i = 0; i < 1001; ++i) fields.add(std::to_string(i), "");
    return Outcome::append;
  });
  EXPECT_EQ(process(pipeline, kGood), Fate::dead_lettered);
}

TEST_F(PipelineTest, BacksOffOnlyIfTheProcessorMayBlock) {
  const auto fail = [](int, const Message&, FieldSink&, std::string&) { return Outcome::fail; };
  const auto took = [&](const RetrySettings& settings, bool may_block) {
    auto pipeline = scripted(fail, settings, may_block);
    const auto start = steady_clock::now();
    EXPECT_EQ(process(pipeline, kGood), Fate::dead_lettered);
    return steady_clock::now() - start;
  };
  EXPECT_GE(took({.retries = 4, .backoff = 20ms, .longest_backoff = 50ms}, true), 20ms + 40ms + 50ms + 50ms);
  EXPECT_LT(took({.retries = 4, .backoff = 20s, .longest_backoff = 20s}, false), 20s);
}

TEST_F(PipelineTest, StopEndsTheWaitAndRecordsNothing) {
  std::atomic<bool> failed = false;
  auto pipeline = scripted(
      [&failed](int, const Message&, FieldSink&, std::string&) {
        failed = true;
        return Outcome::fail;
      },
      {.retries = 3, .backoff = 1h, .longest_backoff = 1h}, true);
  std::stop_source source;
  std::jthread stopper([&] {
    while (!failed) std::this_thread::yield();
    source.request_stop();
  });
  EXPECT_EQ(process(pipeline, kGood, "7.a:1", source.get_token()), Fate::stopped);
  EXPECT_EQ(process(pipeline, kGood, "7.a:1", source.get_token()), Fate::stopped);  // asked before
  EXPECT_EQ(bytes(), "");
}

TEST_F(PipelineTest, UnlimitedRetriesAreToldOf) {
  std::vector<std::string> told;
  RetrySettings settings{kUnlimitedRetries, 0ms, 0ms, [&](unsigned attempts, const std::string& reason) {
                           told.push_back(std::to_string(attempts) + " " + reason);
                         }};
  auto pipeline = scripted(
      [](int attempt, const Message&, FieldSink&, std::string& reason) {
        reason = "down\n";
        return attempt <= 2000 ? Outcome::fail : Outcome::append;
      },
      settings, true);
  EXPECT_EQ(process(pipeline, kGood, "7.a:1"), Fate::appended);
  ASSERT_EQ(told.size(), 2001U);
  EXPECT_EQ(told.front(), "1 down ");
  EXPECT_EQ(told[1999], "2000 down ");
  EXPECT_EQ(told.back(), "0 ");
  EXPECT_EQ(process(pipeline, kGood, "7.a:2"), Fate::appended);
  EXPECT_EQ(told.size(), 2001U) << "nothing to tell of what just works";
}

TEST_F(PipelineTest, WhatItTakesForADuplicateIsNotProcessed) {
  int calls = 0;
  auto pipeline = scripted([&calls](int, const Message&, FieldSink& fields, std::string&) {
    fields.add("processed", std::to_string(++calls));
    return Outcome::append;
  });
  RecentIds recent(1000, [] { return TimeMs{1}; });
  pipeline.skip_if_in(recent);
  EXPECT_EQ(process(pipeline, kGood), Fate::appended);
  EXPECT_EQ(process(pipeline, "no JSON", "7.a:2"), Fate::dead_lettered);
  const auto appended = pipeline.take_appended();
  EXPECT_THAT(appended, testing::ElementsAre(RecentIds::hash("m")));
  EXPECT_TRUE(pipeline.take_appended().empty());
  recent.add(appended);
  results_.clear();
  EXPECT_EQ(process(pipeline, kGood, "7.a:3"), Fate::skipped);
  EXPECT_EQ(bytes(), arguments({"s", "000001", "m", "7.a:3"}));
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(pipeline.take_appended().empty());
}

TEST_F(PipelineTest, WhatAProcessorWasToldToExpectItGets) {
  std::vector<std::string> expected;
  MessagePipeline pipeline(std::make_unique<LooksAhead>(true, expected), {}, "c1");
  RecentIds recent(1000, [] { return TimeMs{1}; });
  pipeline.skip_if_in(recent);
  const std::string payloads[] = {R"({"message_id":"a"})", R"({"message_id":"b"})"};
  std::vector<std::string> padded;
  for (const auto& payload : payloads) padded.push_back(payload + std::string(kPayloadPadding, '}'));
  const auto payload = [&](std::size_t i) {
    return std::string_view(padded[i]).substr(0, payloads[i].size());
  };
  recent.add({RecentIds::hash("a")});
  pipeline.expect({{payload(0), {}, "7.a:1", {}, 1}, {payload(1), {}, "7.a:2", {}, 1}});
  EXPECT_EQ(expected.size(), 1U);
  recent.clear();
  recent.add({RecentIds::hash("b")});
  EXPECT_EQ(pipeline.process(payload(0), "7.a:1", results_), Fate::skipped);
  EXPECT_NE(pipeline.process(payload(1), "7.a:2", results_), Fate::skipped);
}

TEST_F(PipelineTest, FlakyMessagesEndAsForetold) {
  auto factory = make_processors("flaky:60");
  MessagePipeline pipeline((*factory)(), {}, "c1");
  std::size_t dead = 0;
  for (int i = 0; i < 500; ++i) {
    const auto id = "m" + std::to_string(i);
    bool all_fail = true;
    for (unsigned attempt = 1; attempt <= 4; ++attempt) all_fail = all_fail && flaky_fails(id, attempt, 60);
    dead += all_fail ? 1 : 0;
    EXPECT_EQ(process(pipeline, R"({"message_id":")" + id + "\"}", "7.a:" + std::to_string(i + 1)),
              all_fail ? Fate::dead_lettered : Fate::appended);
  }
  EXPECT_EQ(results_.dead_lettered(), dead);
  EXPECT_GT(dead, 0U);
  EXPECT_LT(dead, 500U);
}

TEST_F(PipelineTest, TellsAProcessorThatLooksAheadOfAllThatItWillGet) {
  std::vector<std::string> expected;
  MessagePipeline pipeline(std::make_unique<LooksAhead>(true, expected), {}, "c1");
  ASSERT_TRUE(pipeline.looks_ahead());
  const std::string payloads[] = {R"({"message_id":"a\u0041"})", "no JSON", R"({"message_id":12})"};
  std::vector<std::string> padded;
  for (const auto& payload : payloads) padded.push_back(payload + std::string(kPayloadPadding, '}'));
  std::vector<Message> messages;
  for (std::size_t i = 0; i < 3; ++i) {
    messages.push_back({std::string_view(padded[i]).substr(0, payloads[i].size()), {}, payloads[i], {}, 1});
  }
  pipeline.expect(messages);
  EXPECT_EQ(expected, (std::vector<std::string>{payloads[0] + " aA " + payloads[0] + " 1",
                                                payloads[2] + " 12 " + payloads[2] + " 1"}));
  EXPECT_FALSE(stamp().looks_ahead());
  EXPECT_FALSE(MessagePipeline(std::make_unique<LooksAhead>(false, expected), {}, "c1").looks_ahead());
}

}  // namespace
}  // namespace tributary::process
