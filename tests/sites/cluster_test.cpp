// A cluster: a group that is found wherever its slot is, fail-overs and a slot that moves while messages flow.
#include <signal.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "redis/hash_slot.hpp"
#include "sites/under_load.hpp"
#include "support/cluster_site.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

using Cluster = UnderLoad<ClusterScenario>;

TEST_F(Cluster, TheGroupIsFoundWhicheverNodeIsNamed) {
  start_nodes(1);
  const auto start = [&](const std::string& url) { start_nodes(1, {"--redis-url", url}); };
  start(url(1));
  start("redis://" + redis_.address());
  start("redis://" + replicas_[2]->address());
  start("redis://127.0.0.1:1," + others_[0]->address());
  publish(4000);
  finish_and_audit();
  for (const Flags& words : {Flags{"status"}, {"status", "--json"}, {"status", "--all"}, {"dead", "list"}}) {
    Flags all = words;
    all.insert(all.end(), {"--redis-url", url(1)});
    const auto run = run_tributary(all);
    EXPECT_EQ(run.status, 0) << run.err;
    const auto expected = words.front() == "dead"    ? ""
                          : words.size() == 1        ? "publish at " + redis_.address()
                          : words.back() == "--json" ? "\"publish_at\":\"" + redis_.address()
                                                     : "messages:processed";
    EXPECT_NE(run.out.find(expected), std::string::npos) << run.out;
  }
}

// The bus brings them to the node that the group is at.
TEST_F(Cluster, MessagesMayBePublishedAtAnyNode) {
  start_nodes(2);
  for (const auto& other : others_) {
    auto client = other->client();
    for (int i = 0; i < 500; ++i)
      client.command(
          {"PUBLISH", "messages:published",
           R"({"message_id":")" + std::to_string(other->port()) + "-" + std::to_string(i) + R"("})"});
  }
  wait_for_entries(1000);
  EXPECT_EQ(appended(), 1000);
  stop_nodes();
  expect_nothing_left_open();
}

// The same, at all nodes at once, while the group goes from one to another.
class AnyNode : public Cluster {
 protected:
  void publish_at_all_while(const std::function<void()>& fault) {
    constexpr int kEach = 3000;
    start_nodes(3, {"--replay-window", "10s"});
    std::vector<RedisServer*> all = {&redis_};
    for (const auto& other : others_) all.push_back(other.get());
    for (const auto& one : replicas_) all.push_back(one.get());
    std::vector<std::jthread> publishers;
    for (auto* const server : all) {
      publishers.emplace_back([server] {
        auto client = server->client();
        auto next = std::chrono::steady_clock::now();
        for (int i = 0; i < kEach; ++i) {
          const auto id = std::to_string(server->port()) + "-" + std::to_string(i);
          client.command({"PUBLISH", "messages:published", R"({"message_id":")" + id + R"("})"});
          std::this_thread::sleep_until(next += 1ms);
        }
      });
    }
    wait_for_entries(6000);
    fault();
    publishers.clear();
    EXPECT_TRUE(wait_until([&] { return verify_receipts().count("missing") == 0; }, kPatience));
    stop_nodes();
    const auto end = verify_receipts();
    std::set<std::string> ids;
    for (const auto& entry : client_.command({"XRANGE", "messages:processed", "-", "+"}).elements)
      ids.insert(entry.elements[1].elements[1].text);
    const auto published = static_cast<std::int64_t>(all.size()) * kEach;
    const auto different = static_cast<std::int64_t>(ids.size());
    std::cout << "reached nobody " << published - different << ", received in two orders "
              << end.count("appended") - different << "\n";
    EXPECT_EQ(end.count("appended"), end.count("received")) << end.text;
    expect_clean(end);
    expect_nothing_left_open();
  }
};

TEST_F(AnyNode, PublishesUnderLoad) {
  publish_at_all_while([] {});
  EXPECT_EQ(appended(), 18000);
}

TEST_F(AnyNode, PublishesWhileTheGroupFailsOver) {
  publish_at_all_while([&] {
    EXPECT_EQ(replica().client().text({"CLUSTER", "FAILOVER"}), "OK");
    wait_for_another_than(redis_);
  });
}

TEST_F(AnyNode, PublishesWhileTheSlotMoves) {
  publish_at_all_while([&] { move_slot_to(*others_[1], 20ms); });
}

TEST_F(Cluster, DeadLettersAreInTheSlotOfTheGroup) {
  start_nodes(2);
  client_.command({"PUBLISH", "messages:published", "no JSON"});
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, dead_letters_) == 1; }, kPatience));
  const auto list = run_tributary({"dead", "list", "--json", "--redis-url", url()});
  EXPECT_EQ(list.status, 0) << list.err;
  EXPECT_NE(list.out.find("\"in_stream\":1"), std::string::npos) << list.out;
  stop_nodes();
}

TEST_F(Cluster, ThePrimaryIsKilled) {
  survive([&] {
    redis_.kill9();
    wait_for_another_than(redis_);
  });
}

TEST_F(Cluster, AFailOverThatIsAskedFor) {
  survive([&] {
    EXPECT_EQ(replica().client().text({"CLUSTER", "FAILOVER"}), "OK");
    wait_for_another_than(redis_);
  });
}

TEST_F(Cluster, AFailOverThatIsForced) {
  survive([&] {
    EXPECT_EQ(replica().client().text({"CLUSTER", "FAILOVER", "FORCE"}), "OK");
    wait_for_another_than(redis_);
  });
}

TEST_F(Cluster, TheSlotMoves) {
  survive([&] { move_slot_to(*others_[1], 300ms); });  // some keys here, some there
}

TEST_F(Cluster, ThePrimaryHangsAndGoesOn) {
  survive([&] {
    redis_.stop_signal();
    wait_for_another_than(redis_);
    redis_.continue_signal();
  });
}

// The channel is in the slot of the group, and goes where it goes.
class ShardedChannel : public Cluster {
 protected:
  ShardedChannel() {
    input_flags_ = {"--pubsub",        "sharded",           "--input-channel", "{messages:processed}:in",
                    "--output-stream", "messages:processed"};
  }
};

TEST_F(ShardedChannel, ThePrimaryIsKilled) {
  survive([&] {
    redis_.kill9();
    wait_for_another_than(redis_);
  });
}

TEST_F(ShardedChannel, AFailOverThatIsAskedFor) {
  survive([&] {
    EXPECT_EQ(replica().client().text({"CLUSTER", "FAILOVER"}), "OK");
    wait_for_another_than(redis_);
  });
}

TEST_F(ShardedChannel, TheSlotMoves) {
  survive([&] { move_slot_to(*others_[1], 100ms); });
}

// This is how many channels scale: each with all of its group in one shard, which one of them is by its name.
TEST_F(Cluster, OneAgentCarriesAChannelOfEachShard) {
  std::map<unsigned, std::string> channels;
  for (int i = 0; channels.size() < 3; ++i) {
    const auto name = "channel" + std::to_string(i);
    channels.emplace(std::min(redis::hash_slot(name) / 5461u, 2u), name);
  }
  const auto config = files_.file("groups.conf");
  std::ofstream text(config);
  text << "capacity = 2\npubsub = sharded\nredis-url = " << url() << "\n";
  for (const auto& [shard, name] : channels)
    text << "[group {" << name << "}:processed]\ninput-channel = " << name << "\n";
  text.close();
  const Flags flags = {"agent", "--config", config};
  Flags words = {tributary_binary()};
  words.insert(words.end(), flags.begin(), flags.end());
  ChildProcess agent(words, clean_environment());
  for (const auto& [shard, name] : channels) {
    SCOPED_TRACE(name);
    const Flags group = {"--redis-url", url(), "--output-stream", "{" + name + "}:processed"};
    const auto run = [&](Flags command) {
      command.insert(command.end(), group.begin(), group.end());
      return run_tributary(command, {}, kPatience);
    };
    const auto has_consumers = [&] { return run({"status"}).out.find("consumer") != std::string::npos; };
    EXPECT_TRUE(wait_until(has_consumers, kPatience)) << agent.err();
    const auto ledger = files_.file("ledger-" + name);
    const auto published = run({"publish", "--pubsub", "sharded", "--input-channel", name, "--ledger", ledger,
                                "--count", "2000", "--rate", "20000"});
    EXPECT_EQ(published.status, 0) << published.err;
    const auto complete = [&] { return run({"verify", "--ledger", ledger}).status == 0; };
    EXPECT_TRUE(wait_until(complete, kPatience)) << run({"verify", "--ledger", ledger}).out;
  }
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.wait(kPatience), 0) << agent.err();
}

TEST_F(Cluster, BenchMeasuresAndLeavesNothing) {
  const auto bench = run_tributary({"bench", "--count", "2000", "--pairs", "1", "--redis-url", url()});
  EXPECT_EQ(bench.status, 0) << bench.out << bench.err;
  for (auto* const server : {&redis_, others_[0].get(), others_[1].get()}) {
    auto client = server->client();
    EXPECT_TRUE(wait_until([&] { return client.integer({"DBSIZE"}) == 0; }, kPatience));
  }
}

using ClusterErrors = ClusterScenario;

TEST_F(ClusterErrors, AreOneLineEach) {
  expect_refused({"--redis-url", url(), "--output-stream", "a}b"}, 78,
                 "the output stream a}b has a brace that begins or ends no hash tag");
  expect_refused({"--redis-url", url() + "/1"}, 78, "runs in cluster mode, which has only database 0");
  expect_refused(
      {"--redis-url", url(), "--pubsub", "sharded", "--input-channel", "orders", "--output-stream", "a"}, 78,
      "is not in the slot of the output stream a; call the stream {orders}:processed");
  RedisServer plain({.tcp = true});
  expect_refused({"--redis-url", "redis://" + plain.address() + "," + others_[0]->address()}, 78,
                 "is no node of a cluster, but --redis-url names several hosts");
  RedisServer alone({.config = {"cluster-enabled yes"}, .tcp = true});
  expect_refused({"--redis-url", "redis://" + alone.address()}, 69, "no node has its slot, ");
}

}  // namespace
}  // namespace tributary::test
