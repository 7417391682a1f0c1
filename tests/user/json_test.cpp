// What --json prints, against docs/json.md: programs go by that.
#include <algorithm>

#include "support/json_shape.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

namespace json = boost::json;

class Json : public Scenario {
 protected:
  Json() : Scenario({.config = {"appendonly yes"}}) {}
  json::object of(const std::string& command, Flags arguments) {
    const auto words = split_words(command);
    arguments.insert(arguments.begin(), words.begin(), words.end());
    arguments.insert(arguments.end(), {"--json", "--redis-url", redis_.url()});
    const auto run = run_tributary(arguments);
    json::error_code error;
    const auto value = json::parse(run.out, error);
    EXPECT_TRUE(!error && value.is_object()) << command << ": " << run.out << run.err;
    return value.is_object() ? value.as_object() : json::object();
  }
  void expect_as_documented(const std::string& command, const json::object& printed) {
    EXPECT_EQ(json_differences(command, printed), "") << json::serialize(printed);
    EXPECT_EQ(printed.begin()->key(), "schema");
  }
  void expect_as_documented(const std::string& command, const Flags& arguments) {
    expect_as_documented(command, of(command, arguments));
  }

 private:
  static Flags split_words(const std::string& command) {
    const auto blank = command.find(' ');
    if (blank == std::string::npos) return {command};
    return {command.substr(0, blank), command.substr(blank + 1)};
  }
};

TEST_F(Json, OfStatusIsAsDocumented) {
  start_agent({"--capacity", "2"});
  start_node();
  EXPECT_EQ(run_tributary("pause", redis_).status, 0);
  EXPECT_EQ(run_tributary({"scale", "5", "--redis-url", redis_.url()}).status, 0);
  EXPECT_EQ(run_tributary("resume", redis_).status, 0);
  publish(100);
  finish_publishing();
  client_.command({"XADD",
                   "tributary:{messages:processed}:losses",
                   "*",
                   "reason",
                   "of this test",
                   "view",
                   "1.a",
                   "lane",
                   "0",
                   "after",
                   "3",
                   "to",
                   "?",
                   "messages",
                   "7",
                   "by",
                   "m",
                   "member",
                   "-",
                   "other",
                   "\xff",
                   "tick",
                   "9",
                   "identity",
                   "x/y"});
  redis_.restart();
  json::object status;
  const auto whole = [&] {
    status = of("status", {});
    const auto count = [&](const char* key) { return status.at(key).as_array().size(); };
    return count("members") == 2 && count("epochs") == 1 && count("lanes") > 0 && status.at("nodes") == 2;
  };
  ASSERT_TRUE(wait_until(whole, kPatience)) << json::serialize(status);
  expect_as_documented("status", status);
  EXPECT_FALSE(status.at("changes").as_array().empty());
  EXPECT_FALSE(status.at("desired").at("state_change").is_null());
  const auto is_agent = [&](const json::value& member) { return member.at("pid") == nodes_[0]->pid(); };
  const auto& members = status.at("members").as_array();
  const auto agent = std::ranges::find_if(members, is_agent);
  ASSERT_NE(agent, members.end());
  EXPECT_EQ(agent->at("capacity"), 2);
}

TEST_F(Json, OfTheOtherCommandsIsAsDocumented) {
  start_node();
  expect_as_documented("publish", {"--count", "100", "--ledger", ledger_});
  client_.pipeline({{"PUBLISH", "messages:published", "bad"}, {"PUBLISH", "messages:published", "\xff"}});
  EXPECT_TRUE(wait_until(
      [&] {
        return client_.integer({"XLEN", "messages:processed:dead"}) == 2;
      },
      kPatience));
  wait_for_entries(100);
  expect_as_documented("verify", {"--ledger", ledger_});
  const auto list = of("dead list", {});
  expect_as_documented("dead list", list);
  for (const auto& letter : list.at("dead_letters").as_array()) {
    expect_as_documented("dead show", {std::string(letter.at("id").as_string())});
  }
  expect_as_documented("bench", {"--count", "500", "--pairs", "1"});
}

}  // namespace
}  // namespace tributary::test
