// Who belongs to a group, as others see it: the list of consumer ids, and what may not join.
#include <atomic>
#include <thread>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

/// Compares the consumers list with the current view again and again, until stopped.
class ListWatch {
 public:
  explicit ListWatch(TestClient client) : client_(std::move(client)), thread_([this] { watch(); }) {}
  ~ListWatch() { stop(); }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// After stop(): the instants at which they differed, in words.
  const std::string& differences() const { return differences_; }
  int readings() const { return readings_; }

 private:
  void watch() {
    while (!stopping_) {
      const auto now = read_group(client_);
      ++readings_;
      if (now.consumer_ids != now.expected_consumer_ids() && differences_.size() < 2000) {
        differences_ += "view " + now.view + ": list";
        for (const auto& id : now.consumer_ids) differences_ += " " + id;
        differences_ += ", view";
        for (const auto& id : now.expected_consumer_ids()) differences_ += " " + id;
        differences_ += "\n";
      }
      std::this_thread::sleep_for(1ms);
    }
  }

  TestClient client_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> readings_{0};
  std::string differences_;
  std::thread thread_;
};

class Group : public Scenario {
 protected:
  std::size_t consumers() { return group().consumer_ids.size(); }
};

TEST_F(Group, TheListHoldsExactlyTheIdsOfTheViewAtEveryInstant) {
  const Flags times = {"--lease", "1s", "--beat", "200ms", "--replay-window", "2500ms"};
  const auto with = [&](const std::string& count) {
    Flags flags = times;
    flags.insert(flags.end(), {"--consumers", count});
    return flags;
  };
  start_node(with("2"));
  ListWatch watch(redis_.client());
  EXPECT_EQ(consumers(), 2U);
  start_node(with("3"));
  EXPECT_EQ(consumers(), 5U);
  start_node(with("1"));
  EXPECT_EQ(consumers(), 6U);
  nodes_[1]->kill9();
  EXPECT_TRUE(wait_until([&] { return consumers() == 3; }, kPatience));
  EXPECT_EQ(nodes_[0]->terminate(kPatience), 0);
  EXPECT_EQ(consumers(), 1U);
  start_node(with("4"));
  EXPECT_EQ(consumers(), 5U);
  nodes_[2]->stop_signal();
  EXPECT_TRUE(wait_until([&] { return consumers() == 4; }, kPatience));
  nodes_[2]->continue_signal();
  EXPECT_TRUE(wait_until([&] { return consumers() == 5; }, kPatience));
  stop_nodes();
  watch.stop();
  EXPECT_GT(watch.readings(), 100);
  EXPECT_EQ(watch.differences(), "");
  expect_nothing_left_open();
}

// The list is for others to read: somebody who deletes or fills it must not mislead them for long.
TEST_F(Group, TheListIsPutRight) {
  start_node();
  client_.command({"DEL", "consumer:ids", "consumer:ids:group"});
  EXPECT_TRUE(wait_until([&] { return consumers() == 2; }, kPatience));
  client_.command({"RPUSH", "consumer:ids", "stale"});
  EXPECT_TRUE(wait_until([&] { return group().consumer_ids == group().expected_consumer_ids(); }, kPatience));
  EXPECT_GT(client_.integer({"PTTL", "consumer:ids"}), 0) << "ids would outlive their consumers";
  stop_nodes();
}

TEST_F(Group, TwoGroupsNeverShareAList) {
  auto& first = start_node();
  TributaryNode second(redis_, {"--output-stream", "other"});
  EXPECT_EQ(second.wait(kPatience), 75);
  for (const char* const name : {"'consumer:ids'", "'messages:processed'", "'other'", "--consumers-list"}) {
    EXPECT_NE(second.err().find(name), std::string::npos) << name << " in " << second.err();
  }
  EXPECT_EQ(consumers(), 2U);
  EXPECT_EQ(client_.integer({"EXISTS", "tributary:{other}:state", "other"}), 0) << "it left traces";

  launch_node({"--output-stream", "other", "--consumers-list", "other:ids"});
  EXPECT_TRUE(wait_until([&] { return read_group(client_, "other", "other:ids").consumer_ids.size() == 2; },
                         kPatience));
  publish(1000);
  EXPECT_TRUE(
      wait_until([&] { return appended() == 1000 && entries_added(client_, "other") == 1000; }, kPatience));
  EXPECT_TRUE(first.running());
  stop_nodes();
  expect_clean(verify_ledger());
  expect_clean(verify_ledger({"--output-stream", "other"}));
}

TEST_F(Group, NodesOfDifferentChannelsAreNoGroup) {
  start_node();
  TributaryNode other(redis_, {"--input-channel", "elsewhere"});
  EXPECT_EQ(other.wait(kPatience), 75);
  EXPECT_NE(other.err().find("input channel messages:published"), std::string::npos) << other.err();
  EXPECT_NE(other.err().find("input channel elsewhere"), std::string::npos) << other.err();
}

// Whoever waits for less takes a slow member for dead, or forgets too early what others count on.
TEST_F(Group, NodesOfDifferentTimesAreNoGroup) {
  start_node();
  const auto expect_refused = [&](const Flags& flags, const std::string& times) {
    TributaryNode other(redis_, flags);
    EXPECT_EQ(other.wait(kPatience), 75);
    EXPECT_NE(other.err().find("lease 500ms, replay window 1200ms"), std::string::npos) << other.err();
    EXPECT_NE(other.err().find(times), std::string::npos) << other.err();
  };
  expect_refused({"--lease", "1s"}, "lease 1s, replay window 5s");
  expect_refused({"--lease", "500ms", "--replay-window", "7s"}, "lease 500ms, replay window 7s");
}

TEST_F(Group, AnotherProtocolVersionIsRefused) {
  start_node();
  client_.command({"HSET", "tributary:{messages:processed}:state", "protocol", "99"});
  TributaryNode other(redis_);
  EXPECT_EQ(other.wait(kPatience), 75);
  EXPECT_NE(other.err().find("protocol version 99, this node speaks 2"), std::string::npos) << other.err();
}

TEST_F(Group, TwoGroupsOnTwoDatabasesDoNotMeet) {
  launch_node({}, {"REDIS_DB=3"});
  launch_node({"--redis-db", "5"});
  auto in_three = redis_.client();
  auto in_five = redis_.client();
  in_three.command({"SELECT", "3"});
  in_five.command({"SELECT", "5"});
  EXPECT_TRUE(wait_until([&] { return read_group(in_three).lists(nodes_[0]->pid()); }, kPatience));
  EXPECT_TRUE(wait_until([&] { return read_group(in_five).lists(nodes_[1]->pid()); }, kPatience));
  publish(2000);
  EXPECT_TRUE(wait_until(
      [&] {
        return entries_added(in_three, "messages:processed") == 2000 &&
               entries_added(in_five, "messages:processed") == 2000;
      },
      kPatience));
  EXPECT_EQ(client_.integer({"DBSIZE"}), 0);
  stop_nodes();
  expect_clean(verify_ledger({"--redis-db", "3"}));
  expect_clean(verify_ledger({"--redis-db", "5"}));
}

}  // namespace
}  // namespace tributary::test
