// Connections that stay open and carry nothing: a proxy that hangs, a firewall that forgot. No end is told, so every
// wait needs a bound.
#include "support/gate.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class HalfOpen : public Scenario {
 protected:
  /// A node that reaches Redis through gate_; it is the leader, being the first.
  TributaryNode& start_behind_gate(const Flags& flags = {}) {
    receipts_.push_back(files_.file("receipts"));
    Flags all = {"--receipts", receipts_.back(), "--redis-url",
                 "redis://127.0.0.1:" + std::to_string(gate_.port())};
    all.insert(all.end(), flags.begin(), flags.end());
    return start_node(all);
  }
  bool receives(const std::string& id) {
    const auto mark = " " + id + "\n";
    return wait_until(
        [&] {
          client_.command({"PUBLISH", "messages:published", "{\"message_id\":\"" + id + "\"}"});
          return read_file(receipts_.at(0)).find(mark) != std::string::npos;
        },
        kPatience);
  }
  void control(const std::string& command) { EXPECT_EQ(run_tributary(command, redis_).status, 0); }

  Gate gate_{redis_.socket_path()};
};

TEST_F(HalfOpen, ASubscriptionIsNoticedAndReplaced) {
  auto& node = start_behind_gate();
  EXPECT_TRUE(receives("before"));
  gate_.go_silent(Which::subscriber);
  EXPECT_TRUE(receives("after")) << node.err();
  stop_nodes();
}

// A node that does not read because it has no room hears no ticks either, and is excused; but not for ever.
TEST_F(HalfOpen, ASubscriptionIsNoticedAlsoIfItHappensWhileTheJournalIsFull) {
  auto& node = start_behind_gate({"--journal-limit", "1MiB"});
  control("pause");
  EXPECT_TRUE(node.wait_for_output("paused by", kPatience)) << node.err();
  publish(2000, 0, {"--size", "1000"});
  EXPECT_TRUE(node.wait_for_output("reading stops", kPatience)) << node.err();
  gate_.go_silent(Which::subscriber);
  control("resume");
  EXPECT_TRUE(receives("after")) << node.err();
  stop_nodes();
}

TEST_F(HalfOpen, ASubscriptionThatIsNeverConfirmedIsTriedAgain) {
  auto& node = start_behind_gate();
  gate_.go_silent_at_subscribe();
  gate_.cut(Which::subscriber);
  EXPECT_TRUE(node.wait_for_output("the server did not confirm the subscription for 1000 ms", kPatience))
      << node.err();
  EXPECT_TRUE(wait_until([&] { return gate_.silenced() >= 3; }, kPatience)) << "it does not try again";
  gate_.heal();
  EXPECT_TRUE(receives("after")) << node.err();
  stop_nodes();
}

TEST_F(HalfOpen, TheOtherConnectionIsNoticedAndReplaced) {
  auto& node = start_behind_gate();
  gate_.go_silent(Which::commands);
  EXPECT_TRUE(node.wait_for_output("no answer from the server", kPatience)) << node.err();
  publish(100);
  finish_and_audit();
}

}  // namespace
}  // namespace tributary::test
