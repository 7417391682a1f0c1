// --dedup-window: what is published again is not appended again, whatever happens meanwhile.
#include <signal.h>

#include <algorithm>
#include <fstream>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

const Flags kWindow = {"--dedup-window", "10m"};

class Dedup : public Scenario {
 protected:
  Dedup() : Scenario({.config = {"appendonly yes", "appendfsync everysec"}}) {}

  std::int64_t dropped() {
    const auto text = client_.text({"HGET", "tributary:{messages:processed}:state", "duplicates"});
    return text.empty() ? 0 : std::stoll(text);
  }
  std::int64_t received(const char* id, int times) {
    std::int64_t receivers = 0;
    for (int i = 0; i < times; ++i)
      receivers =
          client_.integer({"PUBLISH", "messages:published", std::string("{\"message_id\":\"") + id + "\"}"});
    return receivers;
  }
  /// Until everything published to somebody is appended, dead-lettered or dropped.
  void finish_publishing_with_duplicates(std::int64_t published) {
    EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
    const auto done = [&] { return appended() + entries_added(client_, dead_letters_) + dropped(); };
    EXPECT_TRUE(wait_until([&] { return done() >= published; }, kPatience)) << done() << " of " << published;
  }
};

TEST_F(Dedup, WhatIsPublishedAgainIsAppendedOnceByWhateverNode) {
  start_nodes(2, kWindow);
  publish(20000, 10000, {"--repeat", "30"});
  finish_publishing_with_duplicates(20000);
  EXPECT_GT(dropped(), 3000);
  EXPECT_EQ(appended() + dropped(), 20000);

  const auto status = run_tributary("status", redis_, {});
  EXPECT_NE(status.out.find("duplicates dropped; "), std::string::npos) << status.out;
  EXPECT_NE(status.out.find(" ids kept, of the last "), std::string::npos) << status.out;
  stop_nodes();
  for (const auto& flags : {Flags{"--ledger", ledger_}, Flags{}}) {
    auto all = flags;
    all.insert(all.end(), kWindow.begin(), kWindow.end());
    const auto audit = verify_receipts(all);
    EXPECT_EQ(audit.status, 0) << audit.text;
    EXPECT_EQ(audit.count("duplicates_dropped"), dropped()) << audit.text;
    EXPECT_EQ(audit.count("received"), audit.count("appended") + audit.count("duplicates_dropped"))
        << audit.text;
    EXPECT_EQ(audit.count("duplicated") + audit.count("missing"), 0) << audit.text;
  }
  EXPECT_NE(verify_receipts().status, 0) << "without a window they are missing";
  expect_nothing_left_open();
}

TEST_F(Dedup, NodesKilledAndRedisKilledMeanwhile) {
  start_nodes(3, {"--dedup-window", "10m", "--replay-window", "5s"});
  start_publishing(40000, 10000, {"--keep-going", "--repeat", "30"});
  wait_for_entries(5000);
  follower().kill9();
  wait_for_entries(10000);
  redis_.kill9();
  redis_.restart();
  wait_for_entries(15000);
  EXPECT_EQ(publisher_->wait(60s), 0) << publisher_->err();
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (!nodes_[i]->running()) receipts_.erase(receipts_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  AuditResult audit;
  const auto all_there = [&] {
    audit = verify_receipts({"--ledger", ledger_, "--dedup-window", "10m"});
    return audit.count("missing") == 0;
  };
  EXPECT_TRUE(wait_until(all_there, kPatience)) << audit.text;
  stop_nodes();
  audit = verify_receipts({"--ledger", ledger_, "--dedup-window", "10m"});
  expect_clean(audit);
  EXPECT_GT(audit.count("duplicates_dropped"), 1000) << audit.text;
  EXPECT_GT(audit.count("received"), 15000) << audit.text;
  EXPECT_EQ(client_.integer({"XLEN", "messages:processed"}), audit.count("appended"));
  expect_nothing_left_open();
}

TEST_F(Dedup, AfterTheWindowAnIdMayComeAgain) {
  start_nodes(1, {"--dedup-window", "1s"});
  received("x", 3);
  EXPECT_TRUE(wait_until([&] { return dropped() == 2; }, kPatience));
  EXPECT_EQ(appended(), 1);
  const auto again = [&] { return received("x", 1) > 0 && appended() == 2; };
  EXPECT_TRUE(wait_until(again, kPatience)) << "ids are forgotten after two windows at most";
  stop_nodes();
}

// Both ways of processing, and what a processor makes of an entry does not matter.
TEST_F(Dedup, WithThreadsAndEntriesOfSeveralFields) {
  start_nodes(2, {"--dedup-window", "10m", "--processor", "delay:1ms", "--consumers", "4"});
  publish(3000, 3000, {"--repeat", "50", "--size", "100"});
  finish_publishing_with_duplicates(3000);
  EXPECT_GT(dropped(), 500);
  stop_nodes();
  const auto audit = verify_receipts({"--dedup-window", "10m"});
  expect_clean(audit);
  EXPECT_EQ(audit.count("received"), 3000) << audit.text;
}

// What a node knows to be in the stream its processor does not get again; the commit is asked all the same.
TEST_F(Dedup, AProcessorIsSparedWhatItsNodeHasAppended) {
  const auto seen = files_.file("seen"), program = files_.file("program");
  std::ofstream(program) << "while read -r line; do echo \"$line\" >> " << seen << "; echo '{}'; done\n";
  start_nodes(1, {"--dedup-window", "10m", "--processor", "exec:sh " + program});
  received("x", 1);
  EXPECT_TRUE(wait_until([&] { return appended() == 1; }, kPatience));
  EXPECT_TRUE(wait_until([&] { return received("x", 1) > 0 && dropped() >= 20; }, kPatience));
  stop_nodes();
  const auto text = read_file(seen);
  const auto calls = std::count(text.begin(), text.end(), '\n');
  EXPECT_GE(calls, 1);
  EXPECT_LT(calls, 10) << text;
}

// As if Redis had lost it: the node still remembers, and would have left the message unprocessed for ever.
TEST_F(Dedup, WhatANodeRemembersButTheSetsDoNotIsProcessed) {
  start_nodes(1, {"--dedup-window", "10m", "--processor", "delay:1ms"});
  received("x", 1);
  EXPECT_TRUE(wait_until([&] { return received("x", 1) > 0 && dropped() >= 5; }, kPatience));
  const auto before = appended();
  client_.command({"DEL", "tributary:{messages:processed}:ids:0"});
  EXPECT_TRUE(wait_until([&] { return received("x", 1) > 0 && appended() == before + 1; }, kPatience));
  received("y", 1);
  wait_for_entries(before + 2);
  stop_nodes();
}

TEST_F(Dedup, ADeadLetterMayBePublishedAgain) {
  start_nodes(1, kWindow);
  const auto publish_one = [&](const std::string& payload) {
    client_.integer({"PUBLISH", "messages:published", payload});
  };
  publish_one(R"({"message_id":"x","bad":})");
  publish_one(R"({"message_id":"x"})");
  publish_one(R"({"message_id":"x"})");
  EXPECT_TRUE(wait_until([&] { return dropped() == 1; }, kPatience));
  EXPECT_EQ(appended(), 1);
  EXPECT_EQ(entries_added(client_, dead_letters_), 1);
  stop_nodes();
}

TEST_F(Dedup, AllNodesMustHaveTheSameWindow) {
  start_nodes(1, kWindow);
  auto& other = launch_node({"--dedup-window", "5m"});
  EXPECT_EQ(other.wait(kPatience), 75) << other.err();
  EXPECT_NE(other.err().find("dedup window 600s], this node has"), std::string::npos) << other.err();
  nodes_.pop_back();
  stop_nodes();
}

TEST_F(Dedup, TheLimitIsSaidOnce) {
  auto& node = start_node({"--dedup-window", "10m", "--dedup-limit", "1000"});
  publish(5000, 5000);
  finish_publishing();
  EXPECT_TRUE(node.wait_for_output("not for the dedup window of 600.0 s", kPatience));
  const auto said = node.err();
  const auto first = said.find("dedup limit of 1000");
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find("dedup limit of 1000", first + 1), std::string::npos) << said;
  std::int64_t kept = 0;
  for (const char* set : {"0", "1", "2"})
    kept += client_.integer({"SCARD", std::string("tributary:{messages:processed}:ids:") + set});
  EXPECT_LE(kept, 1000 + 3 * 500) << "a commit at most above each third";
  EXPECT_GT(kept, 500);
  stop_nodes();
}

TEST_F(Dedup, NeedsIds) {
  for (const auto& flags : {Flags{"--format", "raw"}, Flags{"--id-member", "none"}}) {
    Flags words = {"consume", "--dedup-window", "1m"};
    words.insert(words.end(), flags.begin(), flags.end());
    const auto run = run_tributary(words, {}, kPatience);
    EXPECT_EQ(run.status, 64) << run.err;
    EXPECT_NE(run.err.find("--dedup-window"), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace tributary::test
