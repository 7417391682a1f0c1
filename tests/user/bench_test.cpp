// `tributary bench`: what it says, and that it leaves nothing behind.
#include <csignal>

#include "support/certificates.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

class Bench : public testing::Test {
 protected:
  void SetUp() override { client_.command({"SET", "somebody:else", "1"}); }
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    for (const auto& key : client_.command({"KEYS", "*"}).elements) found.push_back(key.text);
    return found;
  }
  // A node that was killed in the middle of a call may leave a key that runs out by itself.
  void expect_nothing_left() {
    const std::vector<std::string> expected{"somebody:else"};
    EXPECT_TRUE(wait_until([&] { return keys() == expected; }, kPatience)) << testing::PrintToString(keys());
  }

  RedisServer server_{{.config = {}, .tcp = true, .password = "secret"}};
  TestClient client_ = server_.client();
  std::vector<std::string> environment_{"REDIS_PASSWORD=secret",
                                        "REDIS_URL=redis://127.0.0.1:" + std::to_string(server_.port())};
};

TEST_F(Bench, MeasuresBothAndLeavesNothing) {
  const auto result =
      run_tributary({"bench", "--count", "2000", "--pairs", "2", "--nodes", "2", "--size", "100", "--json"},
                    environment_, kPatience);
  ASSERT_EQ(result.status, 0) << result.err;
  const auto said = boost::json::parse(result.out).as_object();
  EXPECT_EQ(said.at("messages").as_int64(), 2000);
  EXPECT_EQ(said.at("bare_bridge_per_second").as_array().size(), 2u);
  EXPECT_EQ(said.at("tributary_per_second").as_array().size(), 2u);
  EXPECT_GT(said.at("ratio").as_double(), 0);
  EXPECT_LE(said.at("lowest_ratio").as_double(), said.at("highest_ratio").as_double());
  expect_nothing_left();
}

TEST_F(Bench, OverTls) {
  Authority authority;
  authority.issue("server");
  authority.issue("us", {"client"});
  const RedisServer server({.config = {authority.server_config("server", true)}, .tcp = true, .tls = true});
  const auto result = run_tributary(
      {"bench", "--count", "2000", "--pairs", "1", "--redis-url",
       "rediss://localhost:" + std::to_string(server.port()), "--redis-ca-file", authority.ca_file(),
       "--redis-cert-file", authority.cert_file("us"), "--redis-key-file", authority.key_file("us")},
      {}, kPatience);
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

TEST_F(Bench, LeavesNothingWhenInterrupted) {
  ChildProcess bench({tributary_binary(), "bench", "--count", "100000000"}, clean_environment(environment_));
  ASSERT_TRUE(wait_until([&] { return keys().size() > 3; }, kPatience)) << bench.err();  // a node is at work
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait(kPatience), 128 + SIGINT);
  EXPECT_NE(bench.err().find("interrupted"), std::string::npos) << bench.err();
  expect_nothing_left();
}

TEST_F(Bench, SaysSoWhenTheServerDies) {
  ChildProcess bench({tributary_binary(), "bench", "--count", "100000000"}, clean_environment(environment_));
  ASSERT_TRUE(wait_until([&] { return keys().size() > 3; }, kPatience)) << bench.err();
  server_.kill9();
  EXPECT_EQ(bench.wait(kPatience), 69) << bench.err();
  EXPECT_NE(bench.err().find("tributary: lost the connection to Redis"), std::string::npos) << bench.err();
}

TEST_F(Bench, DoesNotFloodAnotherMachineUnasked) {
  const auto result = run_tributary({"bench", "--redis-host", "192.0.2.1"}, {}, kPatience);
  EXPECT_EQ(result.status, 64) << result.err;
  EXPECT_NE(result.err.find("--yes"), std::string::npos) << result.err;
}

TEST_F(Bench, RefusesWhatWouldNotFit) {
  client_.command({"CONFIG", "SET", "maxmemory", "20mb"});
  const auto result = run_tributary({"bench", "--count", "1000000"}, environment_, kPatience);
  EXPECT_EQ(result.status, 69) << result.err;
  EXPECT_NE(result.err.find("--count"), std::string::npos) << result.err;
  expect_nothing_left();
}

}  // namespace
}  // namespace tributary::test
