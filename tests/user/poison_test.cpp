// A message that ends every node that processes it: it must not end them all, and nothing else may suffer.
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

constexpr const char* kDead = "messages:processed:dead";
constexpr int kNodes = 7, kMessages = 200;
// Whoever begins at the message itself counts. Two may have begun before it, and one who then went carefully up to it
// moved the position, so that the count starts again.
constexpr std::size_t kMostVictims = 5;

class Poison : public Scenario, public testing::WithParamInterface<const char*> {
 protected:
  std::int64_t most_deaths_shown() {
    const auto status = run_tributary("status", redis_, {"--json"});
    boost::json::error_code error;
    const auto json = boost::json::parse(status.out, error);
    if (error) return 0;
    std::int64_t most = 0;
    for (const auto& lane : json.at("lanes").as_array())
      most = std::max(most, lane.at("deaths").to_number<std::int64_t>());
    return most;
  }
  std::size_t remove_dead_nodes() {
    return std::erase_if(nodes_, [](const auto& node) {
      if (node->running()) return false;
      EXPECT_EQ(node->wait(kPatience), 128 + SIGABRT) << node->err();
      return true;
    });
  }
};

TEST_P(Poison, IsGivenUpAfterThreeNodesDiedAtIt) {
  start_nodes(kNodes, {"--processor", std::string("plugin:" TRIBUTARY_PLUGINS "/crashes.so") + GetParam()});
  ASSERT_TRUE(wait_until([&] { return group().members.size() == kNodes; }, kPatience));
  for (int i = 0; i < kMessages; ++i) {
    const auto id = i == kMessages / 2 ? std::string("crash") : "message " + std::to_string(i);
    client_.command({"PUBLISH", "messages:published", R"({"message_id":")" + id + "\"}"});
  }
  std::int64_t deaths = 0;
  const auto given_up = [&] {
    deaths = std::max(deaths, most_deaths_shown());
    return client_.integer({"XLEN", kDead}) > 0 && appended() >= kMessages - 1;
  };
  EXPECT_TRUE(wait_until(given_up, 2 * kPatience)) << appended() << " entries";
  EXPECT_GT(deaths, 0);

  const auto victims = remove_dead_nodes();
  EXPECT_GE(victims, 3U);
  EXPECT_LE(victims, kMostVictims);
  ASSERT_FALSE(nodes_.empty());
  stop_nodes();
  const auto letters = read_entries(client_, kDead);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(value_of(letters[0], "message_id"), "crash");
  EXPECT_THAT(value_of(letters[0], "reason"), testing::StartsWith("poison: 3 nodes died, "));
  EXPECT_EQ(appended(), kMessages - 1);
  const auto audit = verify_receipts();
  expect_clean(audit);
  EXPECT_EQ(audit.count("losses_declared"), 0) << audit.text;
  expect_nothing_left_open();
}

INSTANTIATE_TEST_SUITE_P(Plugins, Poison, testing::Values("", "?block"), [](const auto& parameter) {
  return std::string(parameter.index == 0 ? "Inline" : "Blocking");
});

}  // namespace
}  // namespace tributary::test
