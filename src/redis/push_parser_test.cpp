#include "redis/push_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tributary::redis {
namespace {

using testing::ElementsAre;

struct Recorder : PushParser::Sink {
  std::vector<std::string> events;
  void on_data(std::string_view payload, std::string_view channel) override {
    events.push_back((channel == "d" ? "data " : "data of " + std::string(channel) + ": ") +
                     std::string(payload));
  }
  void on_control(std::string_view payload) override { events.push_back("control " + std::string(payload)); }
  void on_subscribed(std::size_t channels) override {
    events.push_back("subscribed " + std::to_string(channels));
  }
  void on_error(std::string_view text) override { events.push_back("error " + std::string(text)); }
  void on_unsubscribed() override { events.emplace_back("unsubscribed"); }
};

const std::string kSubscribed = "*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:1\r\n";
const std::string kData = "*3\r\n$7\r\nmessage\r\n$1\r\nd\r\n$5\r\nhello\r\n";
const std::string kControl = "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$4\r\ntick\r\n";

TEST(PushParser, TellsWhatIsWhat) {
  PushParser parser({{"d"}, {}}, "c");
  Recorder recorder;
  const auto bytes = kSubscribed + kData + kControl + "-ERR no\r\n";
  const auto progress = parser.read(bytes, recorder);
  EXPECT_THAT(recorder.events, ElementsAre("subscribed 1", "data hello", "control tick", "error ERR no"));
  EXPECT_EQ(progress.consumed, bytes.size());
  EXPECT_FALSE(progress.broken);
}

TEST(PushParser, ShardedChannelsHaveMessagesOfTheirOwnKind) {
  PushParser parser({{"d"}, {}, true}, "c");
  Recorder recorder;
  const std::string data = "*3\r\n$8\r\nsmessage\r\n$1\r\nd\r\n$5\r\nhello\r\n";
  const auto bytes = "*3\r\n$10\r\nssubscribe\r\n$1\r\nd\r\n:1\r\n" + data + data +
                     "*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$4\r\ntick\r\n";
  const auto progress = parser.read(bytes, recorder);
  EXPECT_THAT(recorder.events, ElementsAre("subscribed 1", "data hello", "data hello", "control tick"));
  EXPECT_EQ(progress.consumed, bytes.size());
  EXPECT_TRUE(parser.read(kData, recorder).broken) << "of classic Pub/Sub, to which it is not subscribed";
}

TEST(PushParser, NothingIsReadBehindTheEndOfASubscription) {
  PushParser parser({{"d"}, {}, true}, "c");
  Recorder recorder;
  const std::string data = "*3\r\n$8\r\nsmessage\r\n$1\r\nd\r\n$5\r\nhello\r\n";
  const auto progress = parser.read(data + "*3\r\n$12\r\nsunsubscribe\r\n$1\r\nc\r\n:1\r\n" + data, recorder);
  EXPECT_THAT(recorder.events, ElementsAre("data hello", "unsubscribed"));
  EXPECT_EQ(progress.consumed, data.size());
  EXPECT_FALSE(progress.broken);
}

TEST(PushParser, ConfirmationsHaveThreeParts) {
  for (const auto* kind : {"$9\r\nsubscribe\r\n", "$12\r\nsunsubscribe\r\n"}) {
    PushParser parser({{"d"}, {}, true}, "c");
    Recorder recorder;
    EXPECT_TRUE(parser.read("*4\r\n" + std::string(kind) + "$1\r\nd\r\n:1\r\n$1\r\nx\r\n", recorder).broken);
    EXPECT_THAT(recorder.events, ElementsAre());
  }
}

TEST(PushParser, WaitsForTheRestOfAFrame) {
  PushParser parser({{"d"}, {}}, "c");
  for (std::size_t size = 0; size < kData.size(); ++size) {
    Recorder recorder;
    const auto progress = parser.read(kControl + kData.substr(0, size), recorder);
    EXPECT_THAT(recorder.events, ElementsAre("control tick"));
    EXPECT_EQ(progress.consumed, kControl.size());
    EXPECT_LE(progress.missing, kData.size() - size);
    EXPECT_FALSE(progress.broken);
  }
}

std::string match(const std::string& pattern, const std::string& channel, const std::string& payload) {
  std::string frame = "*4\r\n$8\r\npmessage\r\n";
  for (const auto& part : {pattern, channel, payload})
    frame += "$" + std::to_string(part.size()) + "\r\n" + part + "\r\n";
  return frame;
}

TEST(PushParser, AMessageOfSeveralSubscriptionsCountsOnce) {
  PushParser parser({{"d"}, {"a*", "*b"}}, "c");
  Recorder recorder;
  const auto bytes = match("a*", "a1", "x") + match("a*", "a1", "y") + match("a*", "ab", "both") +
                     match("*b", "ab", "both") + match("*b", "b", "z") + match("*b", "b", "zz") + kData +
                     match("a*", "c", "not ours");
  EXPECT_EQ(parser.read(bytes, recorder).consumed, bytes.size());
  EXPECT_THAT(recorder.events, ElementsAre("data of a1: x", "data of a1: y", "data of ab: both",
                                           "data of b: z", "data of b: zz", "data hello"));
}

TEST(PushParser, WhatASubscriberCannotReceiveIsBroken) {
  PushParser parser({{"d"}, {}}, "c");
  for (const auto* bytes :
       {"x", "!$3\r\nabc\r\n", "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\nd\r\n:0\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nd\r\n:5\r\n",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n$1\r\n1\r\n",
        "*3\r\n$7\r\nmessage\r\n$1\r\nd\r\n$3\r\nab\r\n\r\n"}) {
    Recorder recorder;
    EXPECT_TRUE(parser.read(bytes, recorder).broken) << bytes;
    EXPECT_TRUE(recorder.events.empty());
  }
}

}  // namespace
}  // namespace tributary::redis
