// Several channels, patterns, any bytes, ids of any name: what comes in, and what the entries look like.
#include <gmock/gmock.h>
#include <signal.h>

#include <map>
#include <set>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Inputs : public Scenario {
 protected:
  // Fields of the entries, without consumer_id and position, in the order of the stream.
  std::vector<EntryFields> entries(const std::string& stream = "messages:processed") {
    std::vector<EntryFields> all;
    for (const auto& entry : client_.command({"XRANGE", stream, "-", "+"}).elements) {
      auto& fields = all.emplace_back();
      const auto& texts = entry.elements.at(1).elements;
      for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
        if (texts[i].text == "consumer_id" || texts[i].text == "position") continue;
        fields.insert(fields.end(), {texts[i].text, texts[i + 1].text});
      }
    }
    return all;
  }
  void send(const std::string& channel, const std::string& payload) {
    EXPECT_GE(client_.integer({"PUBLISH", channel, payload}), 1) << channel;
  }
};

TEST_F(Inputs, SeveralChannelsAndAPatternAreOneSequence) {
  start_node({"--input-channel", "a", "--input-channel", "b", "--input-pattern", "orders.*",
              "--input-pattern", "*.eu", "--consumers", "1"});
  send("a", R"({"message_id":"1"})");
  send("orders.de", R"({"message_id":"2","channel":"mine"})");
  send("b", R"({"message_id":"3"})");
  send("orders.eu", R"({"message_id":"4"})");  // two patterns, one message
  send("x.eu", R"({"message_id":"5"})");
  send("a", "no json");
  wait_for_entries(5);
  EXPECT_TRUE(wait_until([&] { return entries("messages:processed:dead").size() == 1; }, kPatience));
  stop_nodes();
  EXPECT_THAT(entries(), ElementsAre(EntryFields{"message_id", "1", "channel", "a", "processed", "1"},
                                     EntryFields{"message_id", "2", "message.channel", "mine", "channel",
                                                 "orders.de", "processed", "1"},
                                     EntryFields{"message_id", "3", "channel", "b", "processed", "1"},
                                     EntryFields{"message_id", "4", "channel", "orders.eu", "processed", "1"},
                                     EntryFields{"message_id", "5", "channel", "x.eu", "processed", "1"}));
  EXPECT_THAT(entries("messages:processed:dead"),
              ElementsAre(EntryFields{"channel", "a", "payload", "no json", "reason", "not a JSON object",
                                      "attempts", "0"}));
}

TEST_F(Inputs, ShardedChannelsAreSharedAsOthersAre) {
  input_flags_ = {"--pubsub", "sharded",         "--input-channel",
                  "orders",   "--output-stream", "messages:processed"};
  start_nodes(3);
  start_publishing(10000, 10000);
  wait_for_entries(3000);
  EXPECT_EQ(client_.integer({"PUBLISH", "orders", "{}"}), 0);
  leader().signal(SIGKILL);
  finish_and_audit();
}

TEST_F(Inputs, TheGroupOfAShardedChannelIsInItsSlot) {
  launch_node({"--pubsub", "sharded", "--input-channel", "orders"});
  const auto joined = [&] {
    return read_group(client_, "{orders}:processed", "consumer:ids").lists(nodes_[0]->pid());
  };
  EXPECT_TRUE(wait_until(joined, kPatience)) << nodes_[0]->err();
  EXPECT_EQ(client_.integer({"SPUBLISH", "orders", R"({"message_id":"1"})"}), 1);
  const auto there = [&] { return client_.integer({"XLEN", "{orders}:processed"}) == 1; };
  EXPECT_TRUE(wait_until(there, kPatience)) << nodes_[0]->err();
  const auto status = run_tributary("status", redis_, {"--pubsub", "sharded", "--input-channel", "orders"});
  EXPECT_THAT(status.out, HasSubstr("{orders}:processed"));
}

TEST_F(Inputs, RawPayloadsAreAnyBytes) {
  start_node({"--format", "raw", "--consumers", "1"});
  const std::string bytes("\x00\xff\r\n{", 5);
  for (const auto& payload : {bytes, std::string(), std::string(R"({"message_id":"x"})")})
    send("messages:published", payload);
  wait_for_entries(3);
  stop_nodes();
  EXPECT_THAT(entries(), ElementsAre(EntryFields{"payload", bytes, "processed", "1"},
                                     EntryFields{"payload", "", "processed", "1"},
                                     EntryFields{"payload", R"({"message_id":"x"})", "processed", "1"}));
}

TEST_F(Inputs, TheIdIsWhateverMemberItIs) {
  start_node({"--id-member", "/meta/id", "--consumers", "1"});
  send("messages:published", R"({"meta":{"id":"i1"},"message_id":7,"x":"\ud83d"})");
  send("messages:published", R"({"message_id":"y"})");
  wait_for_entries(1);
  EXPECT_TRUE(wait_until([&] { return entries("messages:processed:dead").size() == 1; }, kPatience));
  stop_nodes();
  EXPECT_THAT(entries(),
              ElementsAre(EntryFields{"message_id", "i1", "meta", R"({"id":"i1"})", "message.message_id", "7",
                                      "x", "\xef\xbf\xbd", "processed", "1"}));
  EXPECT_THAT(value_of(entries("messages:processed:dead").at(0), "reason"), "no /meta/id");
}

TEST_F(Inputs, AnEntryMayHaveThePayloadInOneField) {
  start_node({"--entry", "payload", "--consumers", "1"});
  send("messages:published", R"({"message_id":"1", "x": [1,  2]})");
  wait_for_entries(1);
  stop_nodes();
  EXPECT_THAT(entries(), ElementsAre(EntryFields{"message_id", "1", "payload",
                                                 R"({"message_id":"1", "x": [1,  2]})", "processed", "1"}));
}

TEST_F(Inputs, NodesOfAGroupAgreeOnThem) {
  start_node({"--input-channel", "a", "--input-channel", "b", "--id-member", "id"});
  auto& same =
      start_node({"--input-channel", "b", "--input-channel", "a", "--id-member", "id", "--entry", "payload"});
  EXPECT_TRUE(same.running());
  auto& other = launch_node({"--input-channel", "a", "--id-member", "id"});
  EXPECT_EQ(other.wait(kPatience), 75);
  EXPECT_THAT(other.err(), HasSubstr("is live with [input channels a b, id member id, lease 500ms"));
  EXPECT_THAT(other.err(), HasSubstr("this node has [input channel a, id member id, lease 500ms"));
}

TEST_F(Inputs, DeadLettersOfSeveralChannelsAreRetriedWithTheirChannel) {
  start_node({"--input-channel", "a", "--input-pattern", "o*", "--processor", "flaky:100",
              "--processing-retries", "0"});
  send("o1", R"({"message_id":"1"})");
  EXPECT_TRUE(wait_until([&] { return entries("messages:processed:dead").size() == 1; }, kPatience));
  stop_nodes();
  const auto retried = run_tributary({"dead", "retry", "--redis-url", redis_.url(), "--all"});
  EXPECT_EQ(retried.status, 0) << retried.err;
  EXPECT_THAT(entries(), ElementsAre(EntryFields{"message_id", "1", "channel", "o1", "processed", "1"}));
}

TEST_F(Inputs, ARetryTellsTheProcessorOfTheChannel) {
  start_node({"--input-channel", "orders", "--processor", "flaky:100", "--processing-retries", "0"});
  send("orders", R"({"message_id":"1"})");
  EXPECT_TRUE(wait_until([&] { return entries("messages:processed:dead").size() == 1; }, kPatience));
  stop_nodes();
  const auto script = files_.file("from.lua");
  write_file(script, "function process(message) return {from = message.channel} end");
  const auto retried = run_tributary({"dead", "retry", "--redis-url", redis_.url(), "--all",
                                      "--input-channel", "orders", "--processor", "lua:" + script});
  EXPECT_EQ(retried.status, 0) << retried.err;
  EXPECT_THAT(entries(), ElementsAre(EntryFields{"message_id", "1", "from", "orders"}));
}

// The oldest wish about Pub/Sub there is: keys expire, and each is handled once.
TEST_F(Inputs, KeyExpiryEventsAreHandledOnceEach) {
  client_.command({"CONFIG", "SET", "notify-keyspace-events", "Ex"});
  const Flags flags = {"--format", "raw", "--input-pattern", "__keyevent@*__:expired"};
  start_nodes(3, flags);
  const int keys = 3000;
  for (int i = 0; i < keys; ++i)
    client_.command({"SET", "session:" + std::to_string(i), "x", "PX", std::to_string(50 + i / 4)});
  wait_for_entries(500);
  follower().signal(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return client_.integer({"EXISTS", "session:2999"}) == 0; }, kPatience));
  wait_for_entries(keys);
  stop_nodes();
  std::map<std::string, int> times;
  for (const auto& entry : entries()) {
    ++times[value_of(entry, "payload")];
    EXPECT_EQ(value_of(entry, "channel"), "__keyevent@0__:expired");
  }
  EXPECT_EQ(times.size(), static_cast<std::size_t>(keys));
  EXPECT_EQ(appended(), keys);
  const auto audit = verify_receipts();
  EXPECT_EQ(audit.status, 0) << audit.text;
}

}  // namespace
}  // namespace tributary::test
