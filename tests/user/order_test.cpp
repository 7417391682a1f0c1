// Order per key, as a user gets it: whatever happens to nodes and server, entries of one key stand in the channel's order.
#include <signal.h>

#include <set>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

const Flags kByKey = {"--order-key", "key"};
const Flags kKeys = {"--keys", "40"};

class OrderByKey : public Scenario {
 protected:
  OrderByKey() = default;
  explicit OrderByKey(RedisServer::Options options) : Scenario(std::move(options)) {}

  void expect_in_order() {
    auto flags = kByKey;
    flags.insert(flags.end(), {"--ledger", ledger_});
    const auto audit = verify(flags);
    EXPECT_EQ(audit.count("out_of_order_by_key"), 0) << audit.text;
    EXPECT_EQ(audit.count("keys"), 40) << audit.text;
  }
};

TEST_F(OrderByKey, NodesJoinLeaveAndAreKilledUnderLoad) {
  start_nodes(2, kByKey);
  start_publishing(30000, 10000, kKeys);
  wait_for_entries(3000);
  auto& third = start_node({"--order-key", "key", "--consumers", "3"});
  wait_for_entries(8000);
  follower().kill9();
  wait_for_entries(20000);
  EXPECT_EQ(third.terminate(kPatience), 0) << third.err();
  finish_and_audit();
  expect_in_order();
}

TEST_F(OrderByKey, ConsumersWithThreads) {
  start_nodes(2, {"--order-key", "key", "--processor", "delay:200us", "--consumers", "8"});
  start_publishing(10000, 4000, kKeys);
  wait_for_entries(2000);
  start_node({"--order-key", "key", "--processor", "delay:200us", "--consumers", "4"});
  finish_and_audit();
  expect_in_order();
}

TEST_F(OrderByKey, ANodeThatWasTakenForDeadGoesOn) {
  start_nodes(2, kByKey);
  start_publishing(20000, 5000, kKeys);
  wait_for_entries(3000);
  auto& frozen = follower();
  ASSERT_EQ(::kill(frozen.pid(), SIGSTOP), 0);
  EXPECT_TRUE(wait_until([&] { return !group().lists(frozen.pid()); }, kPatience));
  ASSERT_EQ(::kill(frozen.pid(), SIGCONT), 0);
  finish_and_audit();
  expect_in_order();
}

TEST_F(OrderByKey, AnotherKeyIsRefused) {
  start_node(kByKey);
  auto& other = launch_node({"--order-key", "user"});
  EXPECT_EQ(other.wait(kPatience), 75);
  EXPECT_NE(other.err().find("order key user"), std::string::npos) << other.err();
  EXPECT_EQ(nodes_.front()->terminate(kPatience), 0);
}

TEST_F(OrderByKey, AnAuditForAKeyThatNoEntryHasFails) {
  start_node(kByKey);
  publish(100, 10000, kKeys);
  finish_and_audit();
  const auto audit = verify({"--order-key", "user", "--ledger", ledger_});
  EXPECT_EQ(audit.status, 1);
  EXPECT_EQ(audit.count("keys"), 0) << audit.text;
}

TEST_F(OrderByKey, TheAuditFindsWhatIsOutOfOrder) {
  start_node(kByKey);
  publish(1000, 10000, kKeys);
  finish_and_audit();
  expect_in_order();
  const auto entries = read_entries(client_, "messages:processed");
  client_.text({"XADD", "messages:processed", "*", "message_id", "late", "key",
                value_of(entries.back(), "key"), "position", value_of(entries.front(), "position")});
  auto flags = kByKey;
  flags.insert(flags.end(), {"--ledger", ledger_});
  const auto audit = verify(flags);
  EXPECT_EQ(audit.status, 1);
  EXPECT_EQ(audit.count("out_of_order_by_key"), 1) << audit.text;
}

class OrderByKeyWithALog : public OrderByKey {
 protected:
  OrderByKeyWithALog() : OrderByKey({.config = {"appendonly yes", "appendfsync everysec"}}) {}
};

TEST_F(OrderByKeyWithALog, RedisIsKilledAndComesBack) {
  start_nodes(2, {"--order-key", "key", "--replay-window", "5s"});
  start_publishing(20000, 5000, {"--keys", "40", "--keep-going"});
  wait_for_entries(5000);
  redis_.restart();
  audit_survivors();
  expect_in_order();
}

}  // namespace
}  // namespace tributary::test
