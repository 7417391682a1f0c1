// One agent for several groups: each is as safe as if it were alone, and what becomes of one is nothing to the others.
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "support/json_shape.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kGroups = {"orders", "events", "audit:log"};

class SeveralGroups : public Scenario {
 protected:
  SeveralGroups() : Scenario({.config = {"appendonly yes"}}) {
    configure(
        "capacity = 2\n"
        "[group orders]\ninput-channel = orders\n"
        "[group events]\ninput-pattern = events.*\nprocessor = delay:1ms\n"
        "[group audit:log]\ninput-channel = audit\nprocessing-batch-size = 7\n");
  }
  void configure(std::string_view text) { std::ofstream(config_) << text; }

  TributaryNode& launch_agent(Flags flags = {}) {
    flags.insert(flags.begin(), {"--config", config_, "--monitoring-interval", "200ms"});
    const auto times = quick_times();
    flags.insert(flags.end(), times.begin(), times.end());
    return *nodes_.emplace_back(std::make_unique<TributaryNode>(redis_, flags, Flags{}, "agent"));
  }
  TributaryNode& start_agent_of_all() {
    auto& agent = launch_agent();
    const auto joined = [&] {
      return std::ranges::all_of(kGroups, [&](const auto& name) { return of(name).lists(agent.pid()); });
    };
    EXPECT_TRUE(wait_until(joined, kPatience)) << agent.err();
    return agent;
  }
  GroupSnapshot of(const std::string& name) { return read_group(client_, name, name + ":consumer:ids"); }
  std::string ledger(const std::string& name) { return files_.file("ledger-" + name); }

  /// To each of the groups.
  void start_publishers(int count, int rate) {
    const std::vector<std::string> channels = {"orders", "events.new", "audit"};
    for (std::size_t i = 0; i < kGroups.size(); ++i) {
      publishers_.push_back(std::make_unique<ChildProcess>(
          Flags{tributary_binary(), "publish", "--redis-url", redis_.url(), "--input-channel", channels[i],
                "--ledger", ledger(kGroups[i]), "--count", std::to_string(count), "--rate",
                std::to_string(rate)},
          clean_environment()));
    }
  }
  void finish_publishers(int count) {
    for (const auto& publisher : publishers_) EXPECT_EQ(publisher->wait(60s), 0) << publisher->err();
    publishers_.clear();
    for (const auto& name : kGroups) {
      EXPECT_TRUE(wait_until([&] { return entries_added(client_, name) >= count; }, kPatience)) << name;
    }
  }
  void expect_each_clean(int count) {
    for (const auto& name : kGroups) {
      SCOPED_TRACE(name);
      const auto audit = verify({"--ledger", ledger(name), "--output-stream", name});
      expect_clean(audit);
      EXPECT_EQ(audit.count("appended"), count);
      EXPECT_EQ(audit.count("losses_declared"), 0);
      EXPECT_EQ(of(name).open_lanes, std::vector<std::string>{});
      EXPECT_TRUE(of(name).members.empty());
      EXPECT_EQ(client_.integer({"EXISTS", name + ":consumer:ids"}), 0);
    }
  }
  RunResult ask(const std::string& command, Flags flags = {}) {
    flags.insert(flags.begin(), {"--config", config_});
    const auto blank = command.find(' ');
    if (blank != std::string::npos) flags.push_back(command.substr(blank + 1));
    return run_tributary(command.substr(0, blank), redis_, flags);
  }
  static int count_in(const std::string& text, std::string_view part) {
    int count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }

  const std::string config_ = files_.file("groups.conf");
  std::vector<std::unique_ptr<ChildProcess>> publishers_;
};

TEST_F(SeveralGroups, OfTwoAgentsOneKilledUnderLoadLoseAndDoubleNothing) {
  constexpr int kCount = 6000;
  auto& killed = start_agent_of_all();
  auto& stays = start_agent_of_all();
  start_publishers(kCount, 2000);
  for (const auto& name : kGroups)
    EXPECT_TRUE(wait_until([&] { return entries_added(client_, name) > kCount / 4; }, kPatience)) << name;
  killed.kill9();
  finish_publishers(kCount);
  for (const auto& name : kGroups) {
    EXPECT_EQ(of(name).members.size(), 1U) << name;
    EXPECT_NE(stays.err().find("[" + name + "]"), std::string::npos) << stays.err();
    EXPECT_NE(stays.out().find("[" + name + "]"), std::string::npos) << stays.out();
  }
  EXPECT_EQ(count_in(stays.err(), "gone: "), 3) << stays.err();
  EXPECT_EQ(stays.terminate(), 0) << stays.err();
  EXPECT_EQ(count_in(stays.err(), "left the group: received"), 3) << stays.err();
  expect_each_clean(kCount);
}

TEST_F(SeveralGroups, DrainWhenTheAgentIsToldToEnd) {
  constexpr int kCount = 1500;
  auto& agent = start_agent_of_all();
  start_publishers(kCount, 0);
  for (const auto& publisher : publishers_) EXPECT_EQ(publisher->wait(60s), 0) << publisher->err();
  EXPECT_EQ(agent.terminate(), 0) << agent.err();
  expect_each_clean(kCount);
}

TEST_F(SeveralGroups, ScaleOfOneLeavesTheOthersAlone) {
  start_agent_of_all();
  const auto settled = [&] {
    return std::ranges::all_of(kGroups, [&](const auto& name) { return of(name).consumer_ids.size() == 2; });
  };
  ASSERT_TRUE(wait_until(settled, kPatience));
  const auto before = of("orders").view;
  const auto refused = ask("scale 5");
  EXPECT_EQ(refused.status, 64);
  EXPECT_NE(refused.err.find("has orders, events, audit:log"), std::string::npos) << refused.err;
  const auto done = ask("scale 5", {"--output-stream", "events"});
  EXPECT_EQ(done.status, 0) << done.err;
  EXPECT_EQ(of("events").consumer_ids.size(), 5U);
  EXPECT_EQ(of("orders").view, before);
  EXPECT_EQ(of("audit:log").consumer_ids.size(), 2U);
  EXPECT_EQ(client_.integer({"EXISTS", "tributary:{messages:processed}:desired"}), 0) << "a group by default";
  stop_nodes();
}

TEST_F(SeveralGroups, StopOfOneLetsTheOthersGoOn) {
  auto& agent = start_agent_of_all();
  const auto threads = [&] {
    const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(agent.pid()) + "/task");
    return std::distance(begin(tasks), end(tasks));
  };
  client_.command({"PUBLISH", "events.first", R"({"message_id": "e"})"});  // then its consumers are there
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "events") == 1; }, kPatience)) << agent.err();
  const auto before = threads();
  EXPECT_EQ(ask("stop", {"--output-stream", "events"}).status, 0);
  EXPECT_TRUE(agent.wait_for_output("[events]    left the group", kPatience)) << agent.err();
  EXPECT_TRUE(of("events").members.empty());
  EXPECT_TRUE(wait_until([&] { return threads() <= before - 2; }, kPatience))
      << "its consumers are still there";
  EXPECT_EQ(client_.integer({"PUBLISH", "events.new", "{}"}), 0) << "it still subscribes";
  EXPECT_EQ(client_.integer({"PUBLISH", "orders", R"({"message_id": "m"})"}), 1);
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "orders") == 1; }, kPatience));
  EXPECT_TRUE(agent.running());
  EXPECT_EQ(agent.terminate(), 0) << agent.err();
  EXPECT_EQ(count_in(agent.err(), "left the group: received"), 3) << agent.err();
}

TEST_F(SeveralGroups, EndWithTheLastOfThem) {
  auto& agent = start_agent_of_all();
  for (const auto& name : kGroups) EXPECT_EQ(ask("stop", {"--output-stream", name}).status, 0);
  EXPECT_EQ(agent.wait(kPatience), 0) << agent.err();
}

TEST_F(SeveralGroups, OneThatEndsWithAnErrorIsToldOnceAndTheOthersGoOn) {
  client_.command({"SET", "events", "no stream"});
  auto& agent = launch_agent();
  EXPECT_TRUE(agent.wait_for_output("the other groups go on", kPatience)) << agent.err();
  const auto others_joined = [&] {
    return of("orders").lists(agent.pid()) && of("audit:log").lists(agent.pid());
  };
  EXPECT_TRUE(wait_until(others_joined, kPatience));
  client_.command({"PUBLISH", "orders", R"({"message_id": "m"})"});
  EXPECT_TRUE(wait_until([&] { return entries_added(client_, "orders") == 1; }, kPatience));
  EXPECT_EQ(agent.terminate(), 78) << agent.err();
  EXPECT_EQ(count_in(agent.err(), "'events' holds a string"), 1) << agent.err();
  EXPECT_NE(agent.err().find("ERROR [events]    ended: "), std::string::npos) << agent.err();
}

TEST_F(SeveralGroups, WithSettingsThatCannotWorkNoneIsStartedAndEachOfThemIsNamed) {
  configure(
      "[group orders]\n[group events]\nprocessor = lua:/no/such.lua\n"
      "[group audit:log]\nprocessing-retries = unlimited\n");
  auto& agent = launch_agent();
  EXPECT_EQ(agent.wait(kPatience), 78) << agent.err();
  EXPECT_NE(agent.err().find("[events] "), std::string::npos) << agent.err();
  EXPECT_NE(agent.err().find("[audit:log] --processing-retries unlimited"), std::string::npos) << agent.err();
  EXPECT_EQ(client_.integer({"DBSIZE"}), 0);
}

TEST_F(SeveralGroups, AreListedByStatus) {
  start_agent_of_all();
  const auto shown = ask("status");
  EXPECT_EQ(shown.status, 0) << shown.err;
  for (const auto& name : kGroups) EXPECT_NE(shown.out.find("\n" + name), std::string::npos) << shown.out;
  const auto json = boost::json::parse(ask("status", {"--json"}).out);
  ASSERT_EQ(json.at("groups").as_array().size(), 3U);
  for (const auto& group : json.at("groups").as_array()) {
    auto alone = group.as_object();
    EXPECT_EQ(alone.at("nodes"), 1);
    alone["schema"] = 1;
    EXPECT_EQ(json_differences("status", alone), "");
  }
  EXPECT_NE(ask("status", {"--output-stream", "orders"}).out.find("group     orders"), std::string::npos);
  EXPECT_EQ(ask("status", {"--watch"}).status, 64);

  start_node();
  const auto all = run_tributary("status", redis_, {"--all"});
  EXPECT_EQ(all.status, 0) << all.err;
  for (const auto& name : kGroups) EXPECT_NE(all.out.find("\n" + name), std::string::npos) << all.out;
  EXPECT_NE(all.out.find("\nmessages:processed"), std::string::npos) << all.out;

  client_.command({"DEL", "tributary:{events}:state"});
  nodes_[0]->stop_signal();
  const auto missing = ask("status");
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.out.find("\norders"), std::string::npos) << missing.out;
  EXPECT_NE(missing.err.find("no group feeds the stream events"), std::string::npos) << missing.err;
  nodes_[0]->continue_signal();
}

}  // namespace
}  // namespace tributary::test
