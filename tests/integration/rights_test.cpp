// Which rights a node needs, asked at a real server: the documented line is enough, and each part of it that is not left
// to the node's choice is missed and named.
#include "redis/rights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "core/base/text.hpp"
#include "redis/scripts.hpp"
#include "redis/sync_client.hpp"
#include "support/redis_server.hpp"

namespace tributary::test {
namespace {

using redis::MissingRights;
using testing::ElementsAre;
using testing::IsEmpty;

// What a node does without, if it must.
const std::vector<std::string> kOptional = {"eval", "multi", "exec", "xdel", "xrevrange", "xsetid", "xtrim"};

class Rights : public testing::Test {
 protected:
  /// The rules of the line for nodes in docs/operating.md.
  static std::vector<std::string> documented() {
    std::vector<std::string> rules;
    const auto text = read_file(TRIBUTARY_SOURCE "/docs/operating.md");
    for (const auto line : split(text, '\n')) {
      if (!line.starts_with("user tributary on ")) continue;
      for (const auto word : split(line, ' ')) rules.emplace_back(word);
    }
    rules.erase(rules.begin(),
                rules.begin() + std::min<std::ptrdiff_t>(4, std::ssize(rules)));  // user ... >SECRET
    return rules;
  }
  MissingRights missing(const std::vector<std::string>& rules, bool trims = false, bool keeps_ids = false) {
    std::vector<std::string> command = {"ACL", "SETUSER", "u", "reset", "on", ">pw"};
    command.insert(command.end(), rules.begin(), rules.end());
    EXPECT_EQ(client_.text(command), "OK");
    redis::Endpoint endpoint;
    endpoint.unix_socket = server_.socket_path();
    endpoint.username = "u";
    endpoint.password = "pw";
    auto client = redis::SyncClient::connect(endpoint);
    EXPECT_TRUE(client.ok());
    auto names = names_;
    names.trims = trims;
    names.keeps_ids = keeps_ids;
    const redis::RightsQuestion question(names);
    std::string bytes;
    question.append_to(bytes);
    client->append_formatted(bytes, 1);
    const auto answer = client->next();
    EXPECT_TRUE(answer.ok());
    return question.missing(answer.value());
  }
  static std::vector<std::string> without(std::vector<std::string> rules, const std::string& rule) {
    EXPECT_EQ(std::erase(rules, rule), 1U) << rule;
    return rules;
  }

  RedisServer server_;
  TestClient client_ = server_.client();
  redis::NodeNames names_{
      {{"messages:published"}, {}}, "messages:processed", "messages:processed:dead", "consumer:ids", false};
};

TEST_F(Rights, AsDocumentedAreEnough) {
  EXPECT_TRUE(missing(documented()).empty());
  EXPECT_TRUE(missing(documented(), true).empty());
  EXPECT_TRUE(missing({"~*", "&*", "+@all"}, true).empty());
  EXPECT_EQ(client_.integer({"DBSIZE"}), 0) << "asking left traces";
}

TEST_F(Rights, EachCommandIsMissed) {
  int tried = 0;
  for (const auto& rule : documented()) {
    if (!rule.starts_with('+')) continue;
    const auto command = rule.substr(1);
    if (std::ranges::find(kOptional, command) != kOptional.end()) continue;
    const auto found = missing(without(documented(), rule));
    EXPECT_THAT(found.commands, ElementsAre(command));
    EXPECT_THAT(found.keys, IsEmpty()) << rule;
    EXPECT_THAT(found.channels, IsEmpty()) << rule;
    ++tried;
  }
  EXPECT_GT(tried, 20);
  EXPECT_THAT(missing(without(documented(), "+xtrim"), true).commands, ElementsAre("xtrim"));
  EXPECT_TRUE(missing(without(documented(), "+eval")).empty())
      << "where it cannot be asked, nothing is missing";
}

TEST_F(Rights, EachKeyAndChannelIsMissed) {
  for (const auto& rule : documented()) {
    if (!rule.starts_with('~') && !rule.starts_with('&')) continue;
    const auto found = missing(without(documented(), rule));
    EXPECT_THAT(found.commands, IsEmpty()) << rule;
    const auto& names = rule.starts_with('~') ? found.keys : found.channels;
    EXPECT_THAT(names, ElementsAre(rule.substr(1)));
    EXPECT_EQ(found.keys.size() + found.channels.size(), 1U) << rule;
  }
}

TEST_F(Rights, AllThatIsMissingIsNamedAtOnce) {
  auto rules = documented();
  for (const auto* const rule : {"+xadd", "+hset", "~consumer:ids", "&messages:published"})
    rules = without(rules, rule);
  rules.push_back("%R~messages:processed:dead");
  rules = without(rules, "~messages:processed:dead");
  const auto found = missing(rules);
  redis::Endpoint endpoint;
  endpoint.username = "u";
  const auto line = redis::explain_missing_rights(endpoint, found);
  EXPECT_EQ(line.kind, ErrorKind::no_permission);
  EXPECT_THAT(line.message,
              testing::HasSubstr(
                  "missing: commands hset xadd, key consumer:ids, channel messages:published; fix it there "
                  "with: ACL SETUSER u +hset +xadd ~consumer:ids &messages:published"));
  rules.emplace_back("+xadd");  // now it can be told that the dead letters may only be read
  EXPECT_THAT(missing(rules).keys, ElementsAre("consumer:ids", "messages:processed:dead"));
}

TEST_F(Rights, NamesWithPatternsAreMeantAsTheyAre) {
  names_ = {{{"in*"}, {"p*"}}, "out[1]", "out[1]:dead", "who?", false};
  const auto found = missing({"+@all"});
  EXPECT_THAT(found.keys, testing::UnorderedElementsAre("tributary:{out\\[1\\]}:*", "who\\?", "who\\?:group",
                                                        "out\\[1\\]", "out\\[1\\]:dead"));
  EXPECT_THAT(found.channels, ElementsAre("in\\*", "tributary:{out\\[1\\]}:control", "p*"));
  std::vector<std::string> rules{"+@all"};
  for (const auto& key : found.keys) rules.push_back("~" + key);
  for (const auto& channel : found.channels) rules.push_back("&" + channel);
  EXPECT_TRUE(missing(rules).empty());
}

TEST_F(Rights, ShardedChannelsNeedRightsOfTheirOwn) {
  names_.inputs.sharded = true;
  EXPECT_THAT(missing(documented()).commands, ElementsAre("ssubscribe", "spublish"));
  auto rules = without(without(documented(), "+subscribe"), "+publish");
  rules.insert(rules.end(), {"+ssubscribe", "+spublish"});
  EXPECT_TRUE(missing(rules).empty());
}

TEST_F(Rights, ForAWindowForIdsMoreAreNeeded) {
  EXPECT_THAT(missing(documented(), false, true).commands,
              ElementsAre("smismember", "sadd", "scard", "unlink"));
  auto rules = documented();
  rules.insert(rules.end(), {"+smismember", "+sadd", "+scard", "+unlink"});
  EXPECT_TRUE(missing(rules, false, true).empty());
}

// A command that a script begins to use must be asked for, too.
TEST_F(Rights, OfAllCommandsInTheScriptsAreAskedFor) {
  names_.keeps_ids = true;
  auto known = redis::RightsQuestion(names_).commands();
  known.emplace_back("spublish");  // if the channels are sharded
  const std::regex called(R"re(call\('([A-Z]+)'(?:, '(STREAM)')?)re");
  std::size_t calls = 0;
  for (const auto& script : redis::all_scripts()) {
    if (script.name == "desire") continue;  // no node runs it
    const std::string body(script.body);
    for (std::sregex_iterator call(body.begin(), body.end(), called), end; call != end; ++call, ++calls) {
      std::string name = (*call)[1].str() + ((*call)[2].matched ? "|" + (*call)[2].str() : "");
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const bool asked = std::ranges::find(known, name) != known.end() ||
                         std::ranges::find(kOptional, name) != kOptional.end();
      EXPECT_TRUE(asked) << script.name << ".lua calls " << name;
    }
  }
  EXPECT_GT(calls, 50U);
}

}  // namespace
}  // namespace tributary::test
