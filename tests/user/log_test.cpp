// The log as JSON: what programs that read logs go by (docs/log-lines.md).
#include <gmock/gmock.h>

#include <csignal>
#include <map>
#include <set>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

namespace json = boost::json;

/// Of a text in which every line is to be one object, as the documents have it.
std::vector<json::object> log_lines(const std::string& text) {
  std::vector<json::object> lines;
  for (std::size_t start = 0, end; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    const auto line = text.substr(start, end - start);
    json::error_code error;
    const auto value = json::parse(line, error);
    EXPECT_TRUE(!error && value.is_object()) << line;
    if (error || !value.is_object()) continue;
    for (const auto* key : {"time", "level", "event", "message"}) {
      EXPECT_TRUE(value.as_object().contains(key)) << line;
    }
    lines.push_back(value.as_object());
  }
  return lines;
}

/// The last line of each event.
std::map<std::string, json::object> by_event(const std::string& text) {
  std::map<std::string, json::object> events;
  for (auto& line : log_lines(text)) events[json::value_to<std::string>(line.at("event"))] = line;
  return events;
}

class Log : public Scenario {
 protected:
  const Flags json_ = {"--log-format", "json", "--log-level", "DEBUG", "--monitoring-interval", "100ms"};
};

TEST_F(Log, AsJsonTellsWhatAnOperatorAsksWithItsFigures) {
  Flags flags = json_;
  flags.insert(flags.end(), {"--processor", "delay:5ms"});
  auto& node = start_node(flags);
  EXPECT_TRUE(node.wait_for_output("view_joined", kPatience)) << node.err();
  auto& other = start_node({"--processor", "delay:5ms"});
  EXPECT_TRUE(node.wait_for_output("view_changed", kPatience)) << node.err();
  publish(400, 0);
  other.kill9();
  EXPECT_TRUE(node.wait_for_output("lane_claimed", kPatience)) << node.err();
  EXPECT_TRUE(node.wait_for_output("lanes_taken_over", kPatience)) << node.err();
  finish_publishing();
  EXPECT_EQ(node.terminate(), 0);

  auto said = by_event(node.err());
  EXPECT_EQ(said["server_accepted"].at("group"), "messages:processed");
  EXPECT_EQ(said["view_joined"].at("nodes"), 1);
  EXPECT_EQ(said["view_joined"].at("consumers"), 2);
  EXPECT_EQ(said["view_joined"].at("level"), "info");
  EXPECT_EQ(said["member_silent"].at("level"), "warn");
  EXPECT_EQ(said["lane_claimed"].at("owner"), said["member_silent"].at("member"));
  EXPECT_EQ(said["lane_claimed"].at("level"), "debug");
  EXPECT_EQ(said["lanes_taken_over"].at("lanes"), 1);
  EXPECT_EQ(said["leaving"].at("signal"), SIGTERM);
  EXPECT_EQ(said["left"].at("received"), 400);
  for (const auto* event : {"view_read", "lane_taken_up", "leading", "view_proposed"}) {
    EXPECT_TRUE(said.contains(event)) << event;
  }
  const auto figures = by_event(node.out());
  ASSERT_EQ(figures.size(), 1U) << "monitor lines are objects, too";
  EXPECT_TRUE(figures.at("figures").at("total").is_int64());
  EXPECT_EQ(figures.at("figures").at("group"), "messages:processed");
}

TEST_F(Log, AtDebugTellsOfCommitsThatWereRefused) {
  auto& node = start_node(json_);
  client_.command({"CONFIG", "SET", "maxmemory", "1"});
  client_.command({"PUBLISH", "messages:published", "{\"message_id\":\"m\"}"});
  EXPECT_TRUE(node.wait_for_output("commit_refused", kPatience)) << node.err();
  client_.command({"CONFIG", "SET", "maxmemory", "0"});
  wait_for_entries(1);
  EXPECT_EQ(node.terminate(), 0);
  auto said = by_event(node.err());
  EXPECT_NE(json::value_to<std::string>(said["commit_refused"].at("reason")).find("OOM"), std::string::npos);
  EXPECT_EQ(said["commands_refused"].at("level"), "warn");
  EXPECT_EQ(said["commands_accepted"].at("level"), "info");
}

TEST_F(Log, AsJsonIsValidWhateverAProgramSays) {
  write_file(files_.file("program"),
             "printf 'caf\\303\\251 \\377\\376 \\033[31m \"quoted\" \\\\ \\001\\n' >&2; while read -r l; do "
             "exit 3; done\n");
  Flags flags = json_;
  flags.insert(flags.end(),
               {"--processor", "exec:sh " + files_.file("program"), "--processing-retries", "0"});
  auto& node = start_node(flags);
  client_.command({"PUBLISH", "messages:published", "{\"message_id\":\"m\"}"});
  EXPECT_TRUE(node.wait_for_output("program_given_up", kPatience)) << node.err();
  EXPECT_EQ(node.terminate(), 0);
  auto said = by_event(node.err());
  const auto output = json::value_to<std::string>(said["processor_output"].at("message"));
  EXPECT_NE(output.find("caf\xc3\xa9 \\xff\\xfe \\x1b[31m \"quoted\" \\ \\x01"), std::string::npos) << output;
  EXPECT_NE(
      json::value_to<std::string>(said["program_given_up"].at("message")).find("ended with exit code 3"),
      std::string::npos);
}

TEST_F(Log, AsJsonEndsWithTheErrorAndItsExitCode) {
  const auto refused =
      run_tributary("consume", redis_, {"--log-format", "json", "--processor", "exec:no-such"});
  const auto lines = log_lines(refused.err);
  ASSERT_EQ(lines.size(), 1U) << refused.err;
  EXPECT_EQ(lines[0].at("event"), "failed");
  EXPECT_EQ(lines[0].at("level"), "error");
  EXPECT_EQ(lines[0].at("exit_code"), refused.status);

  const auto status = run_tributary({"status", "--redis-url", redis_.url()}, {"LOG_FORMAT=json"});
  EXPECT_EQ(status.status, 1);
  EXPECT_EQ(by_event(status.err).at("failed").at("exit_code"), 1);
  EXPECT_EQ(run_tributary({"status"}, {"LOG_FORMAT=xml"}).status, 64);
}

TEST_F(Log, OfSeveralGroupsNamesTheGroupOfEachLine) {
  write_file(files_.file("groups.conf"),
             "log-format = json\nredis-url = " + redis_.url() +
                 "\n[group a]\ninput-channel = x\n[group b:1]\ninput-channel = y\n");
  ChildProcess agent({tributary_binary(), "agent", "--config", files_.file("groups.conf")},
                     clean_environment());
  EXPECT_TRUE(wait_until(
      [&] {
        std::set<std::string> joined;
        for (const auto& line : log_lines(agent.err())) {
          if (line.at("event") == "view_joined") joined.insert(json::value_to<std::string>(line.at("group")));
        }
        return joined == std::set<std::string>{"a", "b:1"};
      },
      kPatience))
      << agent.err();
  agent.signal(SIGTERM);
  EXPECT_EQ(agent.wait(kPatience), 0);
}

TEST_F(Log, AsTextHasDateAndZone) {
  auto& node = start_node();
  EXPECT_EQ(node.terminate(), 0);
  EXPECT_THAT(node.err(),
              testing::ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                     "\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2} INFO  group messages:processed"));
}

}  // namespace
}  // namespace tributary::test
