// Redis behind Sentinels: fail-overs while messages flow, and what is wrong with addresses and names.
#include <signal.h>

#include <thread>

#include "sites/under_load.hpp"
#include "support/sentinel_site.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

using SentinelFaults = UnderLoad<SentinelScenario>;

TEST_F(SentinelFaults, ThePrimaryIsKilled) {
  survive([&] {
    redis_.kill9();
    wait_for_another_than(redis_);
  });
}

TEST_F(SentinelFaults, AFailOverThatIsAskedFor) {
  survive([&] {
    EXPECT_EQ(sentinel().text({"SENTINEL", "FAILOVER", "main"}), "OK");
    wait_for_another_than(redis_);
  });
}

// It says that it is the primary, acknowledges for many seconds, and loses all of it.
TEST_F(SentinelFaults, AnOldPrimaryThatComesBackIsNotUsed) {
  std::int64_t there = 0;
  survive([&] {
    redis_.kill9();
    wait_for_another_than(redis_);
    redis_.restart();
    auto old = redis_.client();
    there = entries_added(old, "messages:processed");
    expect_messages_get_through();
    EXPECT_LE(entries_added(old, "messages:processed"), there) << "somebody appends at the old primary";
  });
}

// A stopped process is a primary again when it goes on, until the Sentinels make it a replica.
TEST_F(SentinelFaults, APrimaryThatHangsAndGoesOn) {
  survive([&] {
    redis_.stop_signal();
    wait_for_another_than(redis_);
    redis_.continue_signal();
  });
}

TEST_F(SentinelFaults, TwoSentinelsAreGoneAndTheCommandsWork) {
  sentinels_[0]->kill9();
  sentinels_[1]->kill9();
  start_nodes(2);
  publish(2000);
  finish_and_audit();
  for (const char* const command : {"status", "scale"}) {
    Flags flags;
    if (std::string(command) == "scale") flags = {"auto"};
    const auto run = run_tributary(command, redis_, flags);
    EXPECT_EQ(run.status, 0) << command << ": " << run.err;
  }
}

using SentinelErrors = SentinelScenario;

TEST_F(SentinelErrors, AreOneLineEach) {
  const auto at = sentinels_[0]->address();
  expect_refused({"--redis-url", "redis+sentinel://" + at + "/mian"}, 78,
                 "the Sentinel at " + at + " watches no primary named \"mian\"; it watches \"main\"");
  expect_refused({"--redis-url", "redis+sentinel://" + redis_.address() + "/main"}, 78,
                 "what answers at " + redis_.address() + " is a Redis server, not a Sentinel; use redis://");
  expect_refused({"--redis-url", "redis://" + at}, 69,
                 "is a Sentinel; to follow the primary that it watches use redis+sentinel://" + at + "/main");
  expect_refused({"--redis-url", "redis+sentinel://127.0.0.1:1,127.0.0.1:2/main"}, 69,
                 "none of the 2 Sentinels tells where main is: cannot reach the Sentinel at 127.0.0.1:1");
  expect_refused({"--redis-url", "redis+sentinel://" + at}, 64, "the name of the primary is missing");
  expect_refused({"--redis-url", "redis+sentinel://,/main"}, 64, "the host is missing");
}

TEST(GuardedSentinel, HasItsOwnPassword) {
  RedisServer server({.tcp = true, .password = "of-the-server"});
  RedisServer sentinel({.config = {"sentinel monitor main 127.0.0.1 " + std::to_string(server.port()) + " 1",
                                   "sentinel auth-pass main of-the-server"},
                        .tcp = true,
                        .password = "of-the-sentinel",
                        .sentinel = true});
  const Flags words = {"status", "--redis-url", "redis+sentinel://" + sentinel.address() + "/main"};
  const auto none = run_tributary(words, clean_environment({"REDIS_PASSWORD=of-the-server"}), kPatience);
  EXPECT_EQ(none.status, 77) << none.err;
  EXPECT_NE(none.err.find("asks for a password; set SENTINEL_PASSWORD"), std::string::npos) << none.err;
  const auto wrong = run_tributary(
      words, clean_environment({"REDIS_PASSWORD=of-the-server", "SENTINEL_PASSWORD=x"}), kPatience);
  EXPECT_EQ(wrong.status, 77) << wrong.err;
  EXPECT_NE(wrong.err.find("check SENTINEL_PASSWORD or --sentinel-password-file"), std::string::npos)
      << wrong.err;
  const auto right = run_tributary(
      words, clean_environment({"REDIS_PASSWORD=of-the-server", "SENTINEL_PASSWORD=of-the-sentinel"}),
      kPatience);
  EXPECT_EQ(right.status, 1) << right.err;
  EXPECT_NE(right.err.find("no group feeds the stream"), std::string::npos) << right.err;
}

}  // namespace
}  // namespace tributary::test
