// One node and its settings: order, processors, failures, trimming, the monitor line.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "cli/audit/ledger.hpp"
#include "process/processors.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> published_ids(const std::string& ledger) {
  std::vector<std::string> ids;
  EXPECT_TRUE(cli::read_ledger(
      ledger, [&](const cli::Publication& publication) { ids.emplace_back(publication.id); }));
  return ids;
}

class Consume : public Scenario {
 protected:
  std::vector<std::string> published_ids() { return ::tributary::test::published_ids(ledger_); }
  std::vector<std::string> appended_ids() {
    std::vector<std::string> ids;
    for (const auto& entry : read_entries(client_, "messages:processed")) {
      ids.push_back(value_of(entry, "message_id"));
    }
    return ids;
  }
  void expect_order() {
    expect_clean(verify_ledger({"--order"}));
    EXPECT_TRUE(appended_ids() == published_ids()) << "the stream's order is not the channel's";
  }
  // What the node said last on its monitor line, with single blanks.
  static std::string monitor_line(const TributaryNode& node) {
    const auto lines = lines_with(node.out(), " messages/s | total ");
    std::string line;
    for (const char c : lines.empty() ? std::string() : lines.back()) {
      if (c != ' ' || !line.ends_with(' ')) line += c;
    }
    return line;
  }
  static std::vector<std::string> lines_with(const std::string& text, const std::string& part) {
    std::vector<std::string> lines;
    for (std::size_t start = 0; start < text.size();) {
      const auto end = text.find('\n', start);
      if (end == std::string::npos) break;  // still being written
      const auto line = text.substr(start, end - start);
      if (line.find(part) != std::string::npos) lines.push_back(line);
      start = end + 1;
    }
    return lines;
  }
};

/// Processors that may block: each consumer has a thread.
class Threads : public Consume {
 protected:
  // Starts a node, publishes, and returns once the node has read it all. If there is to be a helper, another node
  // whose consumer does not hang reads it all, too.
  TributaryNode& start_and_publish(int count, Flags flags, bool helper = false) {
    flags.insert(flags.end(), {"--receipts", files_.file("receipts")});
    auto& node = start_node(flags);
    if (helper) start_node({"--consumers", "1"});
    publish(count, 0);
    EXPECT_TRUE(wait_until([&] { return received() >= count; }, kPatience));
    return node;
  }
  std::int64_t received() const {
    const auto lines = read_file(files_.file("receipts"));
    return std::count(lines.begin(), lines.end(), '\n');
  }
  std::int64_t dead_lettered() { return client_.integer({"XLEN", "messages:processed:dead"}); }
  void break_subscriptions() { client_.command({"CLIENT", "KILL", "TYPE", "pubsub"}); }
  // While the only subscription is broken messages may reach nobody, which is declared; here none were published.
  void expect_each_once() {
    const auto audit = verify_ledger();
    EXPECT_EQ(audit.status, 0) << audit.text;
    EXPECT_EQ(audit.count("missing"), 0) << audit.text;
    EXPECT_EQ(audit.count("duplicated"), 0) << audit.text;
  }
};

const Flags kHangs = {"--processor", "delay:3600s", "--consumers", "1"};

TEST_F(Consume, OneNodeKeepsTheOrderOfTheChannel) {
  start_node({"--consumers", "5"});
  publish(20000, 0);  // as fast as they go
  finish_and_audit();
  expect_order();
}

TEST_F(Consume, OneNodeOfOneConsumerKeepsTheOrder) {
  start_node({"--consumers", "1", "--processing-batch-size", "1"});
  publish(3000);
  finish_and_audit();
  expect_order();
}

TEST_F(Threads, KeepTheOrderToo) {
  start_node({"--consumers", "8", "--processor", "delay:1ms"});
  publish(4000, 4000);
  finish_and_audit();
  expect_order();
  std::map<std::string, int> of_consumer;
  for (const auto& entry : read_entries(client_, "messages:processed")) {
    ++of_consumer[value_of(entry, "consumer_id")];
  }
  EXPECT_EQ(of_consumer.size(), 8U) << "not all consumers worked";
}

TEST_F(Consume, EntriesAreAsDocumented) {
  start_node({"--consumers", "1"});
  publish(1);
  finish_publishing();
  const auto now = group();
  const auto entries = read_entries(client_, "messages:processed");
  ASSERT_EQ(entries.size(), 1U);
  const EntryFields expected = {
      "message_id", published_ids().at(0), "consumer_id", now.consumer_ids.at(0), "processed", "1",
      "position",   now.view + ":1"};
  EXPECT_EQ(entries[0], expected);
  finish_and_audit();
}

TEST_F(Consume, MessagesThatFailAreTriedAgainAndThenDead) {
  start_node({"--processor", "flaky:50", "--processing-retries", "2"});
  publish(4000);
  finish_and_audit();
  std::vector<std::string> doomed;
  for (const auto& id : published_ids()) {
    const auto fails = [&](unsigned attempt) { return process::flaky_fails(id, attempt, 50); };
    if (fails(1) && fails(2) && fails(3)) doomed.push_back(id);
  }
  ASSERT_GT(doomed.size(), 300U);
  const auto dead = read_entries(client_, "messages:processed:dead");
  ASSERT_EQ(dead.size(), doomed.size());
  for (std::size_t i = 0; i < dead.size(); ++i) {
    EXPECT_EQ(value_of(dead[i], "message_id"), doomed[i]);
    EXPECT_EQ(value_of(dead[i], "payload"), R"({"message_id":")" + doomed[i] + R"("})");
    EXPECT_EQ(value_of(dead[i], "attempts"), "3");
    EXPECT_EQ(value_of(dead[i], "reason"), "failed after 3 attempts: flaky: attempt 3 was chosen to fail");
    EXPECT_NE(value_of(dead[i], "consumer_id"), "");
    EXPECT_NE(value_of(dead[i], "position"), "");
  }
}

TEST_F(Consume, FailuresOnTwoNodesOneOfWhichDies) {
  start_nodes(2, {"--processor", "flaky:40"});
  start_publishing(20000);
  wait_for_entries(5000);
  follower().kill9();
  finish_and_audit();
  EXPECT_GT(client_.integer({"XLEN", "messages:processed:dead"}), 0);
}

TEST_F(Threads, ThatHangEndInADeadLetter) {
  auto& node = start_node({"--processor", "delay:10s", "--processing-timeout", "200ms"});
  publish(2);
  EXPECT_TRUE(wait_until(
      [&] {
        return client_.integer({"XLEN", "messages:processed:dead"}) == 2;
      },
      kPatience));
  for (const auto& letter : read_entries(client_, "messages:processed:dead")) {
    EXPECT_EQ(value_of(letter, "reason"), "processing took longer than 200 ms");
    EXPECT_EQ(value_of(letter, "attempts"), "1");
    EXPECT_NE(value_of(letter, "payload"), "");
  }
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();  // does not wait for what hangs
  finish_and_audit();
}

TEST_F(Threads, ThatHangEndInADeadLetterAlsoWhenTheConnectionBreaksMeanwhile) {
  auto& node =
      start_and_publish(2, {"--processor", "delay:3600s", "--consumers", "1", "--processing-timeout", "1s"});
  break_subscriptions();
  EXPECT_TRUE(wait_until([&] { return dead_lettered() == 2; }, kPatience)) << node.err();
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();
  expect_each_once();
}

TEST_F(Threads, LoseNoWorkWhenTheConnectionBreaks) {
  start_and_publish(100, {"--processor", "delay:50ms", "--consumers", "1"});
  const auto start = std::chrono::steady_clock::now();
  const auto done = [&] { return appended() == 100; };
  // Each break comes before a consumer is through with what it was handed at once: 32 messages, 1.6 s.
  while (!wait_until(done, 400ms) && std::chrono::steady_clock::now() - start < kPatience)
    break_subscriptions();
  EXPECT_EQ(appended(), 100);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3 * 100 * 50ms * kSlowness);
  stop_nodes();
  expect_each_once();
}

TEST_F(Threads, ThatAllHangAreToldOfAndRecover) {
  auto& node =
      start_and_publish(12, {"--processor", "delay:2s", "--consumers", "1", "--processing-timeout", "100ms"});
  EXPECT_TRUE(node.wait_for_output(
      "the only consumer hangs in the processor, and so do 4 threads that were replaced", kPatience));
  EXPECT_TRUE(node.wait_for_output("the processor returned", kPatience)) << node.err();
  EXPECT_TRUE(wait_until([&] { return dead_lettered() + appended() == 12; }, kPatience)) << node.err();
  finish_and_audit();
}

TEST_F(Threads, ThatHangDoNotHoldUpTheEnd) {
  auto& node = start_and_publish(10, kHangs, true);
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(10s), 0)
      << node.err();  // four leases until it leaves its work to the other, 2 s for threads
  finish_and_audit();
  EXPECT_EQ(appended(), 10);
}

TEST_F(Threads, ThatHangDoNotHoldUpTheEndByAnError) {
  auto& node = start_and_publish(1, kHangs);
  client_.command({"SET", "tributary:{messages:processed}:state", "not a hash"});
  EXPECT_EQ(node.wait(10s), 78) << node.err();
  EXPECT_NE(node.err().find("\ntributary: one of the group's Redis keys has become another type"),
            std::string::npos)
      << node.err();
}

TEST_F(Threads, ThatHangEndAtOnceWithASecondSignal) {
  auto& node = start_and_publish(1, kHangs);
  node.signal(SIGTERM);
  EXPECT_TRUE(node.wait_for_output("signal again to leave at once", kPatience));
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(1s), 143) << node.err();
}

TEST_F(Threads, ThatHangEndAtOnceWithASecondSignalAlsoWhenTheNodeHasLeft) {
  auto& node = start_and_publish(10, kHangs, true);
  node.signal(SIGTERM);
  EXPECT_TRUE(node.wait_for_output("left the group", kPatience)) << node.err();
  node.signal(SIGINT);  // while it waits for its threads
  EXPECT_EQ(node.wait(1s), 130) << node.err();
}

TEST_F(Threads, ThatAreFastDoNotFeelATimeOut) {
  start_node({"--processor", "delay:1ms", "--processing-timeout", "20s"});
  publish(500, 0);
  finish_and_audit();
  EXPECT_EQ(client_.integer({"XLEN", "messages:processed"}), 500);
}

TEST_F(Consume, TheStreamIsTrimmedAndTheTotalStaysRight) {
  start_node({"--monitoring-interval", "100ms"}, {"STREAM_MAXLEN=1000"});
  auto& node = *nodes_[0];
  publish(20000, 0);
  finish_publishing();
  EXPECT_EQ(appended(), 20000);
  EXPECT_LE(client_.integer({"XLEN", "messages:processed"}), 1500);
  EXPECT_GE(client_.integer({"XLEN", "messages:processed"}), 1000);
  EXPECT_TRUE(wait_until(
      [&] {
        return monitor_line(node) == " 0 messages/s | total 20,000 | backlog 0 | 2 consumers on 1 node";
      },
      kPatience))
      << monitor_line(node);
  stop_nodes();
  expect_nothing_left_open();
}

TEST_F(Consume, TheMonitorLineComesEveryInterval) {
  auto& node = start_node({"--consumers", "3"}, {"MONITORING_INTERVAL=0.2"});
  start_node({"--monitoring-interval", "24h"});
  publish(8000, 4000);
  const auto lines = [&] { return lines_with(node.out(), " messages/s | total "); };
  EXPECT_TRUE(wait_until([&] { return lines().size() >= 10; }, kPatience));
  EXPECT_TRUE(wait_until(
      [&] {
        return monitor_line(node) == " 0 messages/s | total 8,000 | backlog 0 | 5 consumers on 2 nodes";
      },
      kPatience))
      << monitor_line(node);
  const auto before = lines().size();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(wait_until([&] { return lines().size() >= before + 10; }, kPatience));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1700ms);
  EXPECT_EQ(lines_with(node.out(), "").size(), lines().size()) << "something else was printed";
  EXPECT_TRUE(lines_with(nodes_[1]->out(), "").empty());
  // What the rates say adds up to the total, whatever the moments of reading.
  double sum = 0;
  for (const auto& line : lines()) {
    auto number = line.substr(0, line.find(" messages/s"));
    number.erase(std::remove_if(number.begin(), number.end(), [](char c) { return c == ',' || c == ' '; }),
                 number.end());
    if (number != "-") sum += std::stod(number) * 0.2;
  }
  EXPECT_NEAR(sum, 8000, 2500) << node.out();
  finish_and_audit();
}

TEST_F(Consume, ReceiptsNameEveryMessage) {
  const auto file = files_.file("receipts");
  start_node({"--receipts", file});
  client_.command({"PUBLISH", "messages:published", R"({"message_id":"first"})"});
  client_.command({"PUBLISH", "messages:published", "not JSON"});
  client_.command({"PUBLISH", "messages:published", R"({"message_id":7})"});
  const auto view = group().view;
  const auto expected = view + ":1 first\n" + view + ":2 -\n" + view + ":3 7\n";
  EXPECT_TRUE(wait_until([&] { return read_file(file) == expected; }, kPatience)) << read_file(file);
  EXPECT_TRUE(wait_until(
      [&] {
        return appended() == 2 && client_.integer({"XLEN", "messages:processed:dead"}) == 1;
      },
      kPatience));
  stop_nodes();
  receipts_ = {file};
  expect_clean(verify_receipts());
}

TEST_F(Consume, ReceiptsThatCannotBeWritten) {
  auto& node = launch_node({"--receipts", "/nonexistent/receipts"});
  EXPECT_EQ(node.wait(kPatience), 73);
  EXPECT_NE(node.err().find("tributary: cannot write receipts to '/nonexistent/receipts'"), std::string::npos)
      << node.err();
}

TEST_F(Threads, ThatFallBehindLoseNothing) {
  const Flags flags = {"--journal-limit", "1MiB", "--processor", "delay:200us", "--consumers", "4"};
  start_node(flags);
  start_node(flags);
  publish(8000, 0, {"--size", "1000"});
  finish_and_audit();
  EXPECT_NE(nodes_[0]->err().find("the journal is full"), std::string::npos) << "raise the count";
}

class Contract : public Scenario {
 protected:
  Contract() : Scenario({.tcp = true}) {}
};

// The variables that are promised never to change their meaning, all at once, over TCP.
TEST_F(Contract, OfEnvironmentVariables) {
  const std::vector<std::string> server = {"REDIS_HOST=localhost",
                                           "REDIS_PORT=" + std::to_string(redis_.port())};
  auto environment = server;
  environment.insert(environment.end(),
                     {"CONSUMERS_COUNT=3", "PROCESSING_BATCH_SIZE=7", "LOGLEVEL=WARNING", "INPUT_CHANNEL=in",
                      "OUTPUT_STREAM=out", "MONITORING_INTERVAL=1", "CONSUMERS_LIST=who"});
  ChildProcess node({tributary_binary(), "consume"}, clean_environment(environment));
  EXPECT_TRUE(
      wait_until([&] { return read_group(client_, "out", "who").consumer_ids.size() == 3; }, kPatience));

  environment = server;
  environment.insert(environment.end(), {"INPUT_CHANNEL=in", "TARGET_DURATION=1", "BATCH_SIZE=250"});
  const auto published = run_tributary({"publish", "--ledger", ledger_}, environment);
  EXPECT_EQ(published.status, 0) << published.err;
  const auto count = static_cast<std::int64_t>(published_ids(ledger_).size());
  EXPECT_GE(count, 250);
  EXPECT_EQ(count % 250, 0) << "not in batches";
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "out") == count; }, kPatience));
  EXPECT_TRUE(node.wait_for_output(" 3 consumers on 1 node", kPatience));
  EXPECT_EQ(node.err().find("INFO"), std::string::npos) << node.err();

  environment = server;
  environment.push_back("OUTPUT_STREAM=out");
  const auto audit = run_tributary({"verify", "--ledger", ledger_, "--order"}, environment);
  EXPECT_EQ(audit.status, 0) << audit.out << audit.err;
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0);
}

TEST_F(Consume, ChannelStreamAndListCanBeNamed) {
  auto& node = launch_node({"--input-channel", "in", "--consumers-list", "who"}, {"OUTPUT_STREAM=out"});
  EXPECT_TRUE(wait_until([&] { return read_group(client_, "out", "who").lists(node.pid()); }, kPatience));
  client_.command({"PUBLISH", "in", R"({"message_id":"a"})"});
  client_.command({"PUBLISH", "in", "bad"});
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "out:dead") == 1; }, kPatience));
  EXPECT_EQ(entries_added(client_, "out"), 1);
  const auto now = read_group(client_, "out", "who");
  EXPECT_EQ(now.consumer_ids, now.expected_consumer_ids());
  EXPECT_EQ(now.consumer_ids.size(), 2U);
  EXPECT_EQ(client_.integer({"EXISTS", "messages:processed", "consumer:ids"}), 0);
  stop_nodes();
}

}  // namespace
}  // namespace tributary::test
