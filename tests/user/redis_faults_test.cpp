// What happens to Redis while messages flow: paused, killed and restarted, emptied, not there yet.
#include <signal.h>

#include <thread>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

using RedisFaults = Scenario;

class DurableRedisFaults : public Scenario {
 protected:
  DurableRedisFaults() : Scenario({.config = {"appendonly yes", "appendfsync everysec"}}) {}

  /// Longer than what Redis may lose with "everysec".
  inline static const Flags kWindow = {"--replay-window", "5s"};

  void expect_all_received(const AuditResult& audit) {
    EXPECT_GT(audit.count("received"), 0) << audit.text;
    EXPECT_EQ(audit.count("appended"), audit.count("received")) << audit.text;
  }
};

// A pause lets every lease run out; nobody may be expelled for it.
TEST_F(RedisFaults, APauseLongerThanTheLeaseExpelsNobody) {
  const Flags usual_times = {"--lease", "2s", "--beat", "500ms", "--replay-window", "5s"};
  start_nodes(3, usual_times);
  start_publishing(30000);
  wait_for_entries(8000);
  const auto before = group();
  redis_.stop_signal();
  std::this_thread::sleep_for(5s);  // the fault itself, not a wait for something
  redis_.continue_signal();
  finish_publishing();
  const auto after = group();
  EXPECT_EQ(after.view, before.view) << "somebody was expelled";
  EXPECT_EQ(after.members.size(), 3U);
  finish_and_audit();
}

TEST_F(RedisFaults, APauseBeyondTheTimeOutLosesNothing) {
  start_nodes(2);  // they give up on their connections after three leases of 0.5 s
  start_publishing(20000, 10000, {"--keep-going"});
  wait_for_entries(5000);
  redis_.stop_signal();
  EXPECT_TRUE(nodes_[0]->wait_for_output("no answer from the server", kPatience));
  EXPECT_TRUE(nodes_[1]->wait_for_output("no answer from the server", kPatience));
  redis_.continue_signal();
  finish_and_audit();
}

TEST_F(DurableRedisFaults, KilledAndRestarted) {
  start_nodes(2, kWindow);
  start_publishing(40000, 10000, {"--keep-going"});
  wait_for_entries(10000);
  redis_.kill9();
  redis_.restart();
  wait_for_entries(20000);
  expect_all_received(audit_survivors());
  for (const auto& node : nodes_) {
    const auto said = node->err();
    const auto lost = said.find("lost the connection");
    ASSERT_NE(lost, std::string::npos) << said;
    EXPECT_NE(said.find("connected to", lost), std::string::npos) << said;
  }
}

TEST_F(DurableRedisFaults, KilledTogetherWithANode) {
  start_nodes(3, kWindow);
  start_publishing(40000, 10000, {"--keep-going"});
  wait_for_entries(10000);
  redis_.kill9();
  nodes_[0]->kill9();
  redis_.restart();
  wait_for_entries(20000);
  receipts_.erase(receipts_.begin());  // a dead node's receipts promise nothing
  audit_survivors();
}

TEST_F(DurableRedisFaults, RestartedTwice) {
  start_nodes(2, kWindow);
  start_publishing(40000, 10000, {"--keep-going"});
  for (int round = 1; round <= 2; ++round) {
    wait_for_entries(8000 * round);
    redis_.restart();
  }
  wait_for_entries(20000);
  expect_all_received(audit_survivors());
}

// With no persistence a restart begins with nothing: what the nodes still hold is delivered again.
TEST_F(RedisFaults, RestartedWithoutItsData) {
  // Nobody can know where the revived views end: leaving waits until they are swept up, a
  // replay window later.
  start_nodes(2, {"--replay-window", "6s"});
  publish(2000);
  finish_publishing();
  redis_.restart();
  EXPECT_TRUE(wait_until([&] { return appended() == 2000; }, kPatience))
      << "not delivered again: " << appended();
  const auto before = ledger_;
  ledger_ = files_.file("ledger-2");
  publish(2000);
  wait_for_entries(4000);
  stop_nodes();
  const auto audit = verify_ledger({"--ledger", before});
  expect_clean(audit);
  EXPECT_EQ(audit.count("appended"), 4000) << audit.text;
  EXPECT_GT(audit.count("losses_declared"), 0) << audit.text;
  expect_nothing_left_open();
}

TEST_F(RedisFaults, EverythingIsDeletedUnderLoad) {
  start_nodes(2, {"--processor", "delay:2ms"});  // 4 consumers: 2000 a second, so something waits
  start_publishing(6000, 4000);
  wait_for_entries(1000);
  const auto before = group();
  EXPECT_EQ(client_.text({"FLUSHALL"}), "OK");
  EXPECT_TRUE(wait_until([&] { return group().members.size() == 2; }, kPatience));
  EXPECT_NE(group().view, before.view);
  EXPECT_EQ(publisher_->wait(60s), 0);
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "tributary:{messages:processed}:losses") > 0; },
                         kPatience));
  EXPECT_TRUE(nodes_[0]->wait_for_output("was deleted", kPatience));

  // The group goes on with what comes now.
  ledger_ = files_.file("ledger-2");
  publish(2000, 2000);
  AuditResult audit;
  EXPECT_TRUE(wait_until(
      [&] { return (audit = verify_ledger({"--allow-unexpected"})).count("missing") == 0; }, kPatience))
      << audit.text;
  stop_nodes();
  audit = verify_ledger({"--allow-unexpected"});
  EXPECT_EQ(audit.status, 0) << audit.text;
  EXPECT_EQ(audit.count("duplicated"), 0) << audit.text;
  EXPECT_GT(audit.count("losses_declared"), 0) << audit.text;
  expect_nothing_left_open();
}

// Without memory Redis refuses the scripts of everybody, so everybody falls silent at once.
TEST_F(RedisFaults, OutOfMemoryForAWhile) {
  start_nodes(2);
  start_publishing(20000);
  wait_for_entries(5000);
  EXPECT_EQ(client_.text({"CONFIG", "SET", "maxmemory", "1mb"}), "OK");
  EXPECT_TRUE(nodes_[0]->wait_for_output("commands are refused", kPatience)) << nodes_[0]->err();
  EXPECT_EQ(publisher_->wait(60s), 0);  // publishing needs no memory
  EXPECT_EQ(client_.text({"CONFIG", "SET", "maxmemory", "0"}), "OK");
  finish_and_audit();
}

TEST_F(RedisFaults, NotThereYetAtTheStart) {
  redis_.kill9();
  auto& node = launch_node();
  EXPECT_TRUE(node.wait_for_output("cannot reach Redis", kPatience));
  EXPECT_TRUE(node.running());
  redis_.restart();
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience)) << node.err();
  EXPECT_TRUE(node.wait_for_output("connected to", kPatience));
  publish(2000);
  finish_and_audit();
  // A server that starts takes the old socket away first, which a node may see.
  const auto said = node.err();
  for (const auto* reason : {"connection refused", "no such file"}) {
    const auto first = said.find(reason);
    if (first == std::string::npos) continue;
    EXPECT_EQ(said.find(reason, first + 1), std::string::npos) << "said more than once:\n" << said;
  }
}

TEST_F(RedisFaults, NotThereInTime) {
  redis_.kill9();
  auto& node = launch_node({"--connect-timeout", "300ms"});
  EXPECT_EQ(node.wait(kPatience), 69);
  EXPECT_NE(node.err().find("tributary: cannot reach Redis at " + redis_.socket_path()), std::string::npos)
      << node.err();
}

TEST_F(RedisFaults, NeverThereUntilTheNodeIsToStop) {
  redis_.kill9();
  auto& node = launch_node();
  EXPECT_TRUE(node.wait_for_output("cannot reach Redis", kPatience));
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();
}

TEST_F(RedisFaults, GoneWhenTheNodeIsToStop) {
  auto& node = start_node();
  redis_.kill9();
  EXPECT_TRUE(node.wait_for_output("lost the connection", kPatience));
  EXPECT_EQ(node.terminate(kPatience), 0) << node.err();  // it holds nothing that only it has
}

TEST_F(DurableRedisFaults, GoneWhenANodeThatHoldsMessagesIsToStop) {
  start_nodes(1, {"--processor", "delay:20ms"});
  auto& node = *nodes_[0];
  publish(200, 0);
  redis_.kill9();
  node.signal(SIGTERM);
  EXPECT_TRUE(node.wait_for_output("leaving the group", kPatience));
  redis_.restart();
  EXPECT_EQ(node.wait(kPatience), 0) << node.err();
  const auto audit = verify_receipts({"--ledger", ledger_});
  expect_clean(audit);
  EXPECT_EQ(audit.count("appended"), 200) << audit.text;
  expect_nothing_left_open();
}

}  // namespace
}  // namespace tributary::test
