// The last node drains while messages still come, others come to its aid, and it may not get to the end. Whatever
// it received is in the stream, or in the loss ledger; what a live process holds is in the stream.
#include <signal.h>

#include <algorithm>

#include "support/scenario.hpp"
#include "support/stream_audit.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

const Flags kSlow = {"--processor", "delay:50ms", "--consumers", "1"};

class Draining : public Scenario {
 protected:
  // The first node of a group, with more to do than it can in four leases; asked to leave, and still receiving.
  TributaryNode& start_draining(const Flags& flags = kSlow) {
    start_nodes(1, flags);
    auto& node = *nodes_[0];
    publish(60, 0);
    node.signal(SIGTERM);
    EXPECT_TRUE(node.wait_for_output("leaving the group", kPatience));
    publish(20, 0);
    EXPECT_EQ(received_by_first(), 80) << "the last one receives until it goes";
    return node;
  }
  std::int64_t received_by_first() {
    std::int64_t count = 0;
    const auto count_now = [&] {
      const auto lines = read_file(receipts_.at(0));
      count = std::count(lines.begin(), lines.end(), '\n');
      return count >= 80;
    };
    EXPECT_TRUE(wait_until(count_now, kPatience)) << count;
    return count;
  }
  /// Everything stops; what the nodes received is there once, or declared, and nothing is left open.
  StreamAudit stop_and_audit() {
    stop_nodes();
    expect_nothing_left_open();
    const auto found = audit(client_, "messages:processed", receipts_, {});
    EXPECT_TRUE(found.clean()) << testing::PrintToString(found.examples);
    EXPECT_EQ(found.appended + found.declared, found.received);
    return found;
  }
};

TEST_F(Draining, WhileAnotherComesLosesNothing) {
  auto& first = start_draining();
  start_nodes(1, {"--consumers", "1"});
  publish(20, 0);
  EXPECT_EQ(first.wait(kPatience), 0) << first.err();
  const auto found = stop_and_audit();
  EXPECT_EQ(found.appended, 100U);
}

// It still has messages, but receives no more: publishers are told so, and the next one starts anew.
TEST_F(Draining, AfterItsCutWhileAnotherComesLosesNothing) {
  auto& first = start_draining();
  EXPECT_TRUE(wait_until([&] { return group().members.empty(); }, kPatience));
  EXPECT_LT(appended(), 80) << "too late to mean anything: raise the count";
  const auto unsubscribed = [&] {
    return client_.command({"PUBSUB", "NUMSUB", "messages:published"}).elements.at(1).integer == 0;
  };
  EXPECT_TRUE(wait_until(unsubscribed, kPatience));
  EXPECT_EQ(client_.integer({"PUBLISH", "messages:published", "{}"}), 0);
  start_nodes(1, {"--consumers", "1"});
  publish(20, 0);
  EXPECT_EQ(first.wait(kPatience), 0) << first.err();
  const auto found = stop_and_audit();
  EXPECT_EQ(found.appended, 100U);
}

TEST_F(Draining, AndKilledWhileAnotherComesDeclaresWhatOnlyItHad) {
  auto& first = start_draining();
  start_nodes(1, {"--consumers", "1"});
  publish(20, 0);
  first.kill9();
  const auto swept = [&] { return group().open_lanes.size() == 1; };
  EXPECT_TRUE(wait_until(swept, kPatience)) << "the lanes of the dead";
  const auto found = stop_and_audit();
  EXPECT_EQ(found.received, 100U);
  EXPECT_GT(found.declared, 0U);
  EXPECT_GE(found.appended, 20U) << "what both received";
}

TEST_F(Draining, AndKilledBeforeAnotherComesDeclaresWhatOnlyItHad) {
  auto& first = start_draining();
  EXPECT_TRUE(wait_until([&] { return group().members.empty(); }, kPatience));
  first.kill9();
  start_nodes(1, {"--consumers", "1"});
  publish(20, 0);
  const auto swept = [&] { return group().open_lanes.size() == 1; };
  EXPECT_TRUE(wait_until(swept, kPatience)) << "the lanes of the dead";
  const auto found = stop_and_audit();
  EXPECT_EQ(found.received, 100U);
  EXPECT_GT(found.declared, 0U);
}

// As it does by itself after 30 s.
TEST_F(Draining, AndGivingUpWhileAnotherComesDeclaresWhatOnlyItHad) {
  auto& first = start_draining();
  start_nodes(1, {"--consumers", "1"});
  publish(20, 0);
  EXPECT_EQ(run_tributary("stop", redis_, {"--now"}).status, 0);
  EXPECT_EQ(first.wait(kPatience), 0) << first.err();
  const auto found = stop_and_audit();
  EXPECT_EQ(found.received, 100U);
  EXPECT_GT(found.declared, 0U);
}

// Its work may be left to members that hold it, too: by what they say, not by where they were.
TEST_F(Draining, NextToOneThatGaveItsLaneUpFinishesItself) {
  start_nodes(1, {"--journal-limit", "1MiB"});
  start_nodes(1, {"--processor", "delay:10ms", "--consumers", "2"});
  publish(1000, 0, {"--size", "4000"});
  EXPECT_TRUE(nodes_[0]->wait_for_output("no longer holding lane", kPatience)) << "raise the count";
  nodes_[1]->signal(SIGTERM);
  EXPECT_EQ(nodes_[1]->wait(kPatience), 0) << nodes_[1]->err();
  const auto found = stop_and_audit();
  EXPECT_EQ(found.appended, 1000U);
}

}  // namespace
}  // namespace tributary::test
