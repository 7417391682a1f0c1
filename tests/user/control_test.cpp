// The whole group as one thing: agents that share consumers, scale, pause, resume, stop.
#include "support/markers.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class ControlTest : public Scenario {
 protected:
  std::uint32_t weight() {
    std::uint32_t sum = 0;
    for (const auto& member : group().members) sum += member.weight;
    return sum;
  }
  std::uint32_t weight_of(pid_t pid) {
    for (const auto& member : group().members) {
      if (pid_of(member.id) == pid) return member.weight;
    }
    return 0;
  }
  bool has_weight(std::uint32_t wanted) {
    const bool has = wait_until([&] { return weight() == wanted; }, kPatience);
    const auto now = group();
    EXPECT_EQ(now.consumer_ids, now.expected_consumer_ids());
    EXPECT_EQ(now.consumer_ids.size(), wanted);
    return has;
  }
  /// Runs the command; it must work. What it said.
  std::string control(const std::string& command, const Flags& flags = {}) {
    const auto result = run_tributary(command, redis_, flags);
    EXPECT_EQ(result.status, 0) << result.out << result.err;
    return result.out;
  }
  void desire(const std::string& field, const std::string& value) {
    client_.command({"HSET", "tributary:{messages:processed}:desired", field, value});
  }
  void expect_said(const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  }
  bool log_says(TributaryNode& node, const std::string& part) {
    return node.wait_for_output(part, kPatience);
  }
  std::int64_t ledger_lines() { return entries_added(client_, "tributary:{messages:processed}:losses"); }
  boost::json::object status() {
    return boost::json::parse(run_tributary("status", redis_, {"--json"}).out).as_object();
  }
};

TEST_F(ControlTest, AgentsAreScaledUnderLoadAndNothingIsLostOrDoubled) {
  expect_said(control("scale", {"2"}), "no node of this group is running");
  auto& first = start_agent({"--capacity", "4"});
  auto& second = start_agent({"--capacity", "4"});
  EXPECT_TRUE(has_weight(2));
  start_publishing(20000, 5000);
  wait_for_entries(1000);
  const auto up = control("scale", {"7"});
  expect_said(up, "consumers 2 -> 7 of group messages:processed (revision 2)");
  expect_said(up, "7 consumers on 2 nodes");
  EXPECT_TRUE(has_weight(7));
  EXPECT_EQ(weight_of(first.pid()) / 3, 1U) << "3 or 4: as even as can be";
  wait_for_entries(8000);
  expect_said(control("scale", {"3"}), "in force after");
  EXPECT_TRUE(has_weight(3));
  wait_for_entries(12000);
  const auto stale = run_tributary("scale", redis_, {"9", "--if-revision", "1"});
  EXPECT_EQ(stale.status, 1);
  expect_said(stale.err, "has revision 3");
  expect_said(control("scale", {"auto", "--minimum", "2", "--maximum", "6"}), "the leader says: auto: ");
  EXPECT_TRUE(second.running());
  finish_and_audit();
}

TEST_F(ControlTest, ThePausedReceiveAndAppendNothing) {
  start_agent({"--capacity", "2"});
  start_node({"--consumers", "2"});
  start_publishing(6000, 2000);
  wait_for_entries(500);
  expect_said(control("pause"), "all nodes are paused");
  const auto held_from = appended();
  const auto before = status();
  EXPECT_TRUE(wait_until([&] { return status().at("backlog").to_number<int>() > 1000; }, kPatience));
  EXPECT_EQ(appended(), held_from);
  EXPECT_EQ(before.at("desired").as_object().at("state").as_string(), "paused");
  EXPECT_TRUE(before.at("journal_lasts_s").is_number());
  const auto text = run_tributary("status", redis_).out;
  expect_said(text, "state     paused since ");
  expect_said(control("resume"), "all nodes are running");
  finish_and_audit();
}

TEST_F(ControlTest, StopEndsEveryNodeInGoodOrder) {
  start_agent();
  start_nodes(1);
  start_publishing(3000, 2000);
  finish_publishing();
  const auto said = control("stop");
  expect_said(said, "ending 2 nodes");
  expect_said(said, "all nodes have ended after");
  for (const auto& node : nodes_) EXPECT_EQ(node->wait(kPatience), 0) << node->err();
  expect_clean(verify_ledger());
  EXPECT_EQ(ledger_lines(), 0);
  expect_nothing_left_open();

  TributaryNode late(redis_, quick_times(), {}, "agent");
  EXPECT_EQ(late.wait(kPatience), 0) << "it may not run";
  expect_said(late.err(), "'tributary resume'");
  expect_said(control("resume"), "start them again");
  start_agent();
  stop_nodes();
}

TEST_F(ControlTest, StopNowDeclaresWhatIsNotAppended) {
  start_agent({"--processor", "delay:50ms"});
  start_agent({"--processor", "delay:50ms"});
  publish(2000);
  wait_for_entries(1);
  const auto said = control("stop", {"--now"});
  expect_said(said, "what was not appended is in the loss ledger");
  for (const auto& node : nodes_) EXPECT_EQ(node->wait(kPatience), 0) << node->err();
  EXPECT_LT(appended(), 2000);
  EXPECT_GT(ledger_lines(), 0);
  expect_nothing_left_open();
  const auto lines = ledger_lines();
  TributaryNode late(redis_, quick_times(), {}, "agent");
  EXPECT_EQ(late.wait(kPatience), 0);
  EXPECT_EQ(ledger_lines(), lines) << "who finds it stopped has nothing to declare";
}

TEST_F(ControlTest, AKeySetByHandIsObeyedAndRubbishIsReported) {
  auto& agent = start_agent({"--capacity", "2"});
  EXPECT_TRUE(has_weight(2)) << "nothing was asked for: its capacity";
  desire("consumers", "5");
  EXPECT_TRUE(has_weight(5));
  desire("consumers", "a\x1b[2Jlot");
  EXPECT_TRUE(log_says(agent, "consumers must be a number or auto, not \"a?[2Jlot\""));
  EXPECT_TRUE(has_weight(5)) << "what was good before stays";
  client_.command({"SET", "tributary:{messages:processed}:desired", "rubbish"});
  EXPECT_TRUE(log_says(agent, "the key of the desired state is not a hash"));
  EXPECT_TRUE(has_weight(5));
  const auto refused = run_tributary("scale", redis_, {"3"});
  EXPECT_EQ(refused.status, 78);
  client_.command({"DEL", "tributary:{messages:processed}:desired"});
  EXPECT_TRUE(has_weight(2));
  desire("state", "stopped");
  EXPECT_EQ(agent.wait(kPatience), 0);
}

TEST_F(ControlTest, TheOthersMakeUpForAnAgentThatWasKilled) {
  control("scale", {"6"});
  auto& first = start_agent({"--capacity", "4"});
  auto& second = start_agent({"--capacity", "4"});
  EXPECT_TRUE(has_weight(6));
  EXPECT_TRUE(wait_until([&] { return weight_of(second.pid()) == 3; }, kPatience));
  start_publishing(10000, 5000);
  wait_for_entries(2000);
  Markers markers(redis_.client());
  const auto killed = group().tick;
  second.kill9();
  const auto made_up = markers.tick_when([&](const Markers::Members& members) {
    return members.size() == 1 && pid_of(members[0].id) == first.pid() && members[0].weight == 6;
  });
  ASSERT_TRUE(made_up);
  EXPECT_LE(*made_up - killed, 15U) << "a lease and a second, with a beat of 100 ms";
  EXPECT_TRUE(has_weight(6));
  auto& third = start_agent({"--capacity", "4"});
  EXPECT_TRUE(wait_until([&] { return weight_of(third.pid()) == 3; }, kPatience))
      << "who comes gets its share";
  finish_and_audit();
}

TEST_F(ControlTest, FixedNodesCountTowardsTheWhole) {
  start_node({"--consumers", "3"});
  expect_said(control("scale", {"8"}), "only nodes with a fixed number run (3 consumers)");
  auto& agent = start_agent({"--capacity", "1"});
  EXPECT_TRUE(wait_until([&] { return weight_of(agent.pid()) == 5; }, kPatience));
  expect_said(control("scale", {"2"}), "nodes with a fixed number have 3 consumers already");
  EXPECT_EQ(weight_of(agent.pid()), 0U);
  publish(3000);
  finish_and_audit();
}

TEST_F(ControlTest, AnIdleGroupEnds) {
  auto& node = start_node({"--idle-timeout", "1500ms"});
  auto& agent = start_agent({"--idle-timeout", "1500ms"});
  publish(1000);
  EXPECT_EQ(node.wait(kPatience), 0);
  EXPECT_EQ(agent.wait(kPatience), 0);
  expect_said(agent.err(), "nothing was received for 1500 ms; leaving");
  expect_clean(verify_ledger());
}

TEST_F(ControlTest, AConsumerThatHangsShowsAsStuck) {
  start_agent({"--processor", "delay:20s", "--capacity", "2"});
  EXPECT_TRUE(has_weight(2));
  EXPECT_EQ(status().at("active").to_number<int>(), 2);
  publish(1);
  // Without a time-out ten seconds at one message count as hanging.
  EXPECT_TRUE(wait_until([&] { return status().at("stuck").to_number<int>() == 1; }, kPatience));
  EXPECT_EQ(status().at("active").to_number<int>(), 1);
  expect_said(run_tributary("status", redis_).out, "1 active, 1 STUCK");
  expect_said(nodes_[0]->err(), " has been at one message for 10 s (position ");
  expect_said(nodes_[0]->err(), "); set --processing-timeout to give up on such messages");
  nodes_[0]->kill9();
}

}  // namespace
}  // namespace tributary::test
