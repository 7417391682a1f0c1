// Upgrades: every node replaced by another program while messages flow, and groups of another
// protocol version.
#include <filesystem>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

constexpr char kState[] = "tributary:{messages:processed}:state";

class UpgradeTest : public Scenario {
 protected:
  /// A copy of the binary, as a package's new file would be; started in place of `old`, which leaves first.
  void replace(TributaryNode& old, const std::string& command, const Flags& flags) {
    const auto name = files_.file("tributary-" + std::to_string(nodes_.size()));
    std::filesystem::copy_file(tributary_binary(), name);
    EXPECT_EQ(old.terminate(kPatience), 0) << old.err();
    Flags all = quick_times();
    all.insert(all.end(), flags.begin(), flags.end());
    auto& node = *nodes_.emplace_back(std::make_unique<TributaryNode>(redis_, all, Flags{}, command, name));
    EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()) || !node.running(); }, kPatience));
    EXPECT_TRUE(node.running()) << node.err();
  }
  void set_protocol(const std::string& version) { client_.command({"HSET", kState, "protocol", version}); }
  std::string protocol() { return client_.text({"HGET", kState, "protocol"}); }

  /// Starts a node that must refuse with one line; the line.
  std::string refusal(const std::string& command) {
    TributaryNode node(redis_, quick_times(), {}, command);
    EXPECT_EQ(node.wait(kPatience), 75);
    const auto err = node.err();
    const auto start = err.find("tributary: ");
    EXPECT_NE(start, std::string::npos) << err;
    return start == std::string::npos ? err : err.substr(start);
  }
};

TEST_F(UpgradeTest, EveryNodeIsReplacedUnderLoadAndNothingIsLostOrDoubled) {
  start_agent({"--capacity", "2"});
  start_agent({"--capacity", "2"});
  start_node({"--consumers", "2"});
  start_node({"--consumers", "2"});
  start_publishing(40'000, 5000);
  wait_for_entries(1000);
  for (std::size_t i = 0; i < 4; ++i) {
    const bool agent = i < 2;
    replace(*nodes_[i], agent ? "agent" : "consume", {agent ? "--capacity" : "--consumers", "2"});
    wait_for_entries(appended() + 500);
  }
  EXPECT_TRUE(publisher_->running()) << "the load lasted to the end";
  finish_and_audit();
}

TEST_F(UpgradeTest, ALaterProtocolIsLeftAloneAndTheLineSaysWhatToDo) {
  start_node();
  set_protocol("3");
  for (const std::string command : {"agent", "consume"}) {
    EXPECT_EQ(refusal(command),
              "tributary: group 'messages:processed' runs protocol version 3, this node speaks 2; upgrade "
              "tributary on this host\n");
  }
  stop_nodes();
  EXPECT_NE(refusal("consume").find("upgrade tributary on this host"), std::string::npos)
      << "not at rest either";
  EXPECT_EQ(protocol(), "3");
}

TEST_F(UpgradeTest, AnOlderProtocolIsReplacedOnceTheGroupWasStopped) {
  start_agent();
  publish(1000);
  set_protocol("1");  // as if that one were of a version before
  EXPECT_EQ(refusal("agent"),
            "tributary: group 'messages:processed' runs protocol version 1, this node speaks 2; to upgrade "
            "the group: 'tributary stop', upgrade every node, 'tributary resume', start them\n");
  EXPECT_EQ(run_tributary("stop", redis_).status, 0);
  EXPECT_EQ(nodes_[0]->wait(kPatience), 0) << nodes_[0]->err();
  EXPECT_EQ(run_tributary("resume", redis_).status, 0);
  EXPECT_EQ(protocol(), "1");
  start_agent();
  EXPECT_EQ(protocol(), "2");
  start_publishing(1000);
  EXPECT_EQ(publisher_->wait(kPatience), 0) << publisher_->err();
  wait_for_entries(2000);
  stop_nodes();
  EXPECT_EQ(appended(), 2000);
  expect_nothing_left_open();
}

}  // namespace
}  // namespace tributary::test
