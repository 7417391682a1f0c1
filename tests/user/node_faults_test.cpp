// What happens to nodes while messages flow: started, killed, frozen, cut off. After each: everything is in
// the stream, once.
#include <signal.h>

#include <algorithm>
#include <map>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class NodeFaults : public Scenario {
 protected:
  // The ids of connections that look so in CLIENT LIST.
  std::vector<std::string> connections(const std::string& type, const std::string& part) {
    std::vector<std::string> ids;
    const auto list = client_.text({"CLIENT", "LIST", "TYPE", type});
    for (std::size_t start = 0; start < list.size();) {
      const auto end = std::min(list.find('\n', start), list.size());
      const auto line = list.substr(start, end - start);
      if (line.starts_with("id=") && line.find(part) != std::string::npos) {
        ids.push_back(line.substr(3, line.find(' ') - 3));
      }
      start = end + 1;
    }
    return ids;
  }
  void kill_connection(const std::string& id) { EXPECT_EQ(client_.integer({"CLIENT", "KILL", "ID", id}), 1); }
  std::vector<std::string> nodes_connections() { return connections("normal", " cmd=evalsha "); }

  bool removed(pid_t pid) {
    const auto now = group();
    return !now.view.empty() && !now.lists(pid);
  }
};

TEST_F(NodeFaults, TwoNodesShareAllMessages) {
  start_nodes(2);
  publish(20000);
  finish_and_audit();
  std::map<std::string, int> of_node;
  for (const auto& entry : read_entries(client_, "messages:processed")) {
    const auto consumer = value_of(entry, "consumer_id");
    ++of_node[consumer.substr(0, consumer.rfind('.'))];
  }
  ASSERT_EQ(of_node.size(), 2U);
  for (const auto& [node, entries] : of_node) EXPECT_NEAR(entries, 10000, 1000) << node;
}

TEST_F(NodeFaults, ThreeNodesOfDifferentSize) {
  start_node({"--consumers", "1"});
  start_node({"--consumers", "2"});
  start_node({"--consumers", "5"});
  publish(20000);
  finish_and_audit();
  std::map<std::string, int> of_consumer;
  for (const auto& entry : read_entries(client_, "messages:processed")) {
    ++of_consumer[value_of(entry, "consumer_id")];
  }
  EXPECT_EQ(of_consumer.size(), 8U);
}

TEST_F(NodeFaults, NodesJoinAndLeaveUnderLoad) {
  auto& first = start_node();
  start_publishing(30000);
  wait_for_entries(3000);
  auto& second = start_node({"--consumers", "3"});
  wait_for_entries(8000);
  start_node();
  EXPECT_EQ(first.terminate(kPatience), 0) << first.err();
  wait_for_entries(15000);
  EXPECT_EQ(second.terminate(kPatience), 0) << second.err();
  start_node();
  finish_and_audit();
}

TEST_F(NodeFaults, AKilledFollowerIsReplaced) {
  start_nodes(2);
  start_publishing(30000);
  wait_for_entries(8000);
  auto& victim = follower();
  victim.kill9();
  EXPECT_TRUE(wait_until([&] { return removed(victim.pid()); }, kPatience));
  EXPECT_TRUE(publisher_->running()) << "too late to mean anything: raise the count";
  finish_and_audit();
}

TEST_F(NodeFaults, AKilledLeaderIsReplaced) {
  start_nodes(3);
  start_publishing(30000);
  wait_for_entries(8000);
  auto& victim = leader();
  victim.kill9();
  EXPECT_TRUE(wait_until([&] { return removed(victim.pid()); }, kPatience));
  EXPECT_NE(leader().pid(), victim.pid());
  finish_and_audit();
}

TEST_F(NodeFaults, AllButOneKilledAtOnce) {
  start_nodes(3);
  start_publishing(30000);
  wait_for_entries(8000);
  kill(nodes_[0]->pid(), SIGKILL);
  kill(nodes_[1]->pid(), SIGKILL);
  finish_and_audit();
  const auto survivor = std::to_string(nodes_[2]->pid());
  const auto entries = read_entries(client_, "messages:processed");
  EXPECT_NE(value_of(entries.back(), "consumer_id").find("-" + survivor + "-"), std::string::npos);
}

TEST_F(NodeFaults, AFrozenNodeComesBackAsANewMember) {
  start_nodes(3);
  start_publishing(40000);
  wait_for_entries(8000);
  auto& frozen = follower();
  frozen.stop_signal();
  EXPECT_TRUE(wait_until([&] { return removed(frozen.pid()); }, kPatience));
  frozen.continue_signal();
  EXPECT_TRUE(wait_until([&] { return group().lists(frozen.pid()); }, kPatience));
  finish_and_audit();
}

TEST_F(NodeFaults, AFrozenLeaderComesBackAsANewMember) {
  start_nodes(2);
  start_publishing(40000);
  wait_for_entries(8000);
  auto& frozen = leader();
  frozen.stop_signal();
  EXPECT_TRUE(wait_until([&] { return removed(frozen.pid()); }, kPatience));
  frozen.continue_signal();
  EXPECT_TRUE(wait_until([&] { return group().lists(frozen.pid()); }, kPatience));
  finish_and_audit();
}

TEST_F(NodeFaults, OneSubscriberConnectionIsCut) {
  start_nodes(2);
  start_publishing(30000);
  wait_for_entries(8000);
  const auto before = group();
  const auto subscribers = connections("pubsub", "id=");
  ASSERT_EQ(subscribers.size(), 2U);
  kill_connection(subscribers[0]);
  EXPECT_TRUE(wait_until([&] { return connections("pubsub", "id=").size() == 2; }, kPatience));
  EXPECT_TRUE(
      wait_until([&] { return group().view != before.view && group().members.size() == 2; }, kPatience));
  finish_and_audit();
}

// What is published while nobody is subscribed nobody has; the rest must be there, and the hole
// must be declared.
TEST_F(NodeFaults, AllSubscriberConnectionsAreCutAtOnce) {
  start_nodes(2);
  start_publishing(30000);
  wait_for_entries(8000);
  EXPECT_EQ(client_.integer({"CLIENT", "KILL", "TYPE", "pubsub"}), 2);
  EXPECT_TRUE(wait_until([&] { return connections("pubsub", "id=").size() == 2; }, kPatience));
  EXPECT_EQ(publisher_->wait(60s), 0);
  stop_nodes();
  const auto audit = verify_receipts({"--ledger", ledger_});
  expect_clean(audit);
  EXPECT_GT(audit.count("received"), 20000) << audit.text;
  const bool hole = audit.count("never_received") + audit.count("reached_nobody") > 0;
  EXPECT_TRUE(!hole || audit.count("losses_declared") > 0) << audit.text;
  expect_nothing_left_open();
}

TEST_F(NodeFaults, CommandConnectionsAreCut) {
  start_nodes(2);
  start_publishing(30000);
  wait_for_entries(8000);
  const auto before = group();
  for (int round = 1; round <= 3; ++round) {
    EXPECT_TRUE(wait_until([&] { return nodes_connections().size() == 2; }, kPatience));
    for (const auto& id : nodes_connections()) kill_connection(id);
    wait_for_entries(8000 + 4000 * round);
  }
  finish_and_audit();
  EXPECT_EQ(group().members.size(), 0U);
  EXPECT_NE(before.view, "");
}

TEST_F(NodeFaults, BothConnectionsOfANodeAreCut) {
  start_nodes(2);
  start_publishing(30000);
  wait_for_entries(8000);
  // Of one node: the two connections that were made first after the test's own.
  const auto subscribers = connections("pubsub", "id=");
  const auto commands = nodes_connections();
  ASSERT_EQ(subscribers.size(), 2U);
  ASSERT_EQ(commands.size(), 2U);
  kill_connection(subscribers[0]);
  kill_connection(commands[0]);
  finish_and_audit();
}

TEST_F(NodeFaults, ScriptsAreFlushedUnderLoad) {
  start_nodes(2);
  start_publishing(30000);
  for (int round = 1; round <= 5; ++round) {
    wait_for_entries(4000 * round);
    EXPECT_EQ(client_.text({"SCRIPT", "FLUSH"}), "OK");
  }
  finish_and_audit();
}

TEST_F(NodeFaults, AllNodesStopAtOnceUnderLoad) {
  start_nodes(3);
  start_publishing(30000);
  wait_for_entries(8000);
  stop_nodes();
  expect_nothing_left_open();
  const auto audit = verify_receipts({"--allow-unexpected"});
  expect_clean(audit);
  EXPECT_GE(audit.count("appended"), 8000);
  EXPECT_LE(audit.count("losses_declared"), 1)
      << "what still comes once the last one leaves, in one line" << audit.text;
  EXPECT_EQ(publisher_->wait(60s), 0);
}

TEST_F(NodeFaults, AKilledGroupStartsAnew) {
  start_nodes(2);
  publish(5000);
  finish_publishing();
  for (const auto& node : nodes_) node->kill9();
  EXPECT_TRUE(wait_until(
      [&] {
        return client_.integer({"EXISTS", "consumer:ids"}) == 0;
      },
      kPatience))
      << "ids of dead consumers remain";
  EXPECT_EQ(client_.integer({"EXISTS", "consumer:ids:group"}), 0);
  start_nodes(2);
  const auto first_ledger = ledger_;
  ledger_ = files_.file("ledger-2");
  publish(5000);
  EXPECT_TRUE(wait_until([&] { return appended() == 10000; }, kPatience)) << appended();
  // The lanes of the dead have no end that anybody knows: the leader sweeps them up and says so.
  EXPECT_TRUE(wait_until([&] { return group().open_lanes.size() == 2; }, kPatience));
  EXPECT_TRUE(
      leader().wait_for_output("WARN  gave up 2 lanes of earlier views that nobody holds", kPatience));
  stop_nodes();
  const auto audit = verify_ledger({"--ledger", first_ledger});
  expect_clean(audit);
  expect_nothing_left_open();
}

// What an operator asks for after an incident.
TEST_F(NodeFaults, TheLogTellsWhoIsThereAndWhatWasTakenOver) {
  start_nodes(1, {"--processor", "delay:5ms"});
  auto& first = *nodes_[0];
  EXPECT_TRUE(first.wait_for_output("INFO  joined view ", kPatience)) << first.err();
  start_nodes(1, {"--processor", "delay:5ms"});
  EXPECT_TRUE(first.wait_for_output(": 2 nodes, 4 consumers; came: ", kPatience)) << first.err();
  publish(400, 0);
  nodes_[1]->kill9();
  EXPECT_TRUE(first.wait_for_output(": 1 node, 2 consumers; gone: ", kPatience)) << first.err();
  EXPECT_TRUE(first.wait_for_output("INFO  took over 1 lane of earlier views; ", kPatience)) << first.err();
  finish_and_audit();
}

TEST_F(NodeFaults, ASecondSignalEndsANodeAtOnce) {
  auto& node = start_node();
  redis_.stop_signal();  // so that leaving takes its time
  node.signal(SIGTERM);
  EXPECT_TRUE(node.wait_for_output("leaving the group", kPatience));
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 128 + SIGTERM);
  redis_.continue_signal();
}

class NodeThatIsAskedToEnd : public Scenario, public testing::WithParamInterface<int> {};

TEST_P(NodeThatIsAskedToEnd, LeavesInGoodOrder) {
  auto& node = start_node();
  publish(2000);
  finish_publishing();
  node.signal(GetParam());
  EXPECT_EQ(node.wait(kPatience), 0) << node.err();
  EXPECT_NE(node.err().find("left the group: received 2000 messages, committed 2000"), std::string::npos)
      << node.err();
  expect_nothing_left_open();
  expect_clean(verify_ledger());
}

// A closed terminal, a closed shell, Ctrl-\.
INSTANTIATE_TEST_SUITE_P(Signals, NodeThatIsAskedToEnd, testing::Values(SIGINT, SIGHUP, SIGQUIT));

TEST_F(NodeFaults, ATerminalThatIsClosedHangsUpMoreThanOnce) {
  auto& node = start_node();
  redis_.stop_signal();  // so that leaving takes its time
  node.signal(SIGHUP);
  EXPECT_TRUE(node.wait_for_output("leaving the group", kPatience));
  node.signal(SIGHUP);
  redis_.continue_signal();
  EXPECT_EQ(node.wait(kPatience), 0) << node.err();
}

TEST_F(NodeFaults, NohupIsObeyed) {
  ChildProcess node({"nohup", tributary_binary(), "consume", "--redis-url", redis_.url()},
                    clean_environment());
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience));
  node.signal(SIGHUP);
  publish(1000);
  finish_publishing();
  EXPECT_TRUE(node.running());
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0) << node.err();
}

}  // namespace
}  // namespace tributary::test
