// What a node answers over HTTP, as those ask who watch it.
#include "support/http_client.hpp"

#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "support/json_shape.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

namespace json = boost::json;

/// Where it listens, as it says at start.
std::string address_of(TributaryNode& node) {
  EXPECT_TRUE(node.wait_for_output("http on ", kPatience)) << node.err();
  const auto text = node.err();
  const auto at = text.find("http on ") + 8;
  return text.substr(at, text.find('\n', at) - at);
}

class Http : public Scenario {
 protected:
  std::string start(Flags flags = {}) {
    flags.insert(flags.end(), {"--http", "127.0.0.1:0"});
    return address_of(start_node(flags));
  }
  std::string metrics() { return http_get(at_, "/metrics").body; }
  double metric(const std::string& name) {
    return sample(metrics(), "tributary_" + name + R"({group="messages:processed"})");
  }
  std::string at_;
};

TEST_F(Http, MetricsTellWhatTheNodeHasDone) {
  at_ = start({"--processor", "flaky:30", "--processing-retries", "1"});
  publish(2000);
  client_.command({"PUBLISH", "messages:published", "no json"});
  finish_publishing();
  EXPECT_TRUE(wait_until([&] { return metric("messages_committed_total") == 2001; }, kPatience)) << metrics();
  const auto answer = http_get(at_, "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const auto dead = static_cast<double>(client_.integer({"XLEN", dead_letters_}));
  EXPECT_EQ(metric("messages_dead_lettered_total"), dead);
  const auto known = [&] {  // a second later at most
    return metric("group_dead_letters") == dead && metric("leader") == 1 &&
           metric("group_appended_total") == static_cast<double>(appended());
  };
  EXPECT_TRUE(wait_until(known, kPatience)) << metrics();
  EXPECT_GT(metric("messages_retried_total"), 0);
  EXPECT_EQ(metric("received_to_committed_seconds_count"), 2001);
  EXPECT_EQ(metric("processing_seconds_count"), 2001);
  EXPECT_EQ(metric("commit_messages_sum"), 2001);
  EXPECT_EQ(metric("up"), 1);
  EXPECT_EQ(metric("oldest_uncommitted_seconds"), 0);
  EXPECT_EQ(
      sample(answer.body,
             R"(tributary_messages_received_total{group="messages:processed",channel="messages:published"})"),
      2001);
  const auto open = http_get(at_, "/metrics", {"accept: application/openmetrics-text;version=1.0.0"});
  EXPECT_TRUE(open.headers.at("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(open.body.ends_with("# EOF\n"));
  EXPECT_NE(open.body.find("# TYPE tributary_messages_committed counter\n"), std::string::npos) << open.body;
}

TEST_F(Http, TheLagGrowsWhileTheGroupIsPaused) {
  at_ = start({"--processor", "delay:1ms"});
  ASSERT_EQ(run_tributary("pause", redis_).status, 0);
  client_.command({"PUBLISH", "messages:published", R"({"message_id": "m"})"});
  EXPECT_TRUE(wait_until([&] { return metric("oldest_uncommitted_seconds") > 0.5; }, kPatience)) << metrics();
  EXPECT_EQ(metric("paused"), 1);
  EXPECT_EQ(metric("backlog_messages"), 1);
  EXPECT_EQ(http_get(at_, "/readyz").body, "ready\n");
  ASSERT_EQ(run_tributary("resume", redis_).status, 0);
  EXPECT_TRUE(wait_until([&] { return metric("oldest_uncommitted_seconds") == 0; }, kPatience));
  EXPECT_EQ(metric("received_to_committed_seconds_count"), 1);
  EXPECT_GT(metric("received_to_committed_seconds_sum"), 0.5);
}

TEST_F(Http, SeveralChannelsAreCountedOneByOne) {
  at_ = start({"--input-channels", "a,b"});
  for (const auto* channel : {"a", "b", "b", "a", "b"})
    client_.command({"PUBLISH", channel, R"({"message_id": "m"})"});
  const auto of = [&](const std::string& channel) {
    return sample(metrics(), R"(tributary_messages_received_total{group="messages:processed",channel=")" +
                                 channel + "\"}");
  };
  EXPECT_TRUE(wait_until([&] { return of("a") == 2 && of("b") == 3; }, kPatience)) << metrics();
}

TEST_F(Http, ReadyOnlyWhileItIsInTheGroup) {
  at_ = start();
  EXPECT_TRUE(wait_until([&] { return http_get(at_, "/readyz").status == 200; }, kPatience));
  EXPECT_EQ(http_get(at_, "/livez").status, 200);
  redis_.kill9();
  const auto told = [&] { return http_get(at_, "/readyz").body.find("Redis at ") != std::string::npos; };
  EXPECT_TRUE(wait_until(told, kPatience)) << http_get(at_, "/readyz").body;
  EXPECT_EQ(http_get(at_, "/readyz").status, 503);
  EXPECT_EQ(http_get(at_, "/livez").status, 200);
  const auto group = http_get(at_, "/api/group");
  EXPECT_EQ(group.status, 503);
  EXPECT_TRUE(json::parse(group.body).at("error").is_string()) << group.body;
  EXPECT_EQ(metric("group_readable"), 0);
  EXPECT_EQ(metric("up"), 0);
  EXPECT_TRUE(std::isnan(metric("group_nodes")));
  redis_.restart();
  EXPECT_TRUE(wait_until([&] { return http_get(at_, "/readyz").status == 200; }, kPatience));
}

TEST_F(Http, TheGroupIsWhatStatusPrints) {
  at_ = start();
  start_node();
  publish(100);
  finish_publishing();
  json::object group;
  const auto whole = [&] {
    const auto answer = http_get(at_, "/api/group");
    if (answer.status != 200) return false;
    group = json::parse(answer.body).as_object();
    return group.at("nodes") == 2 && group.at("total") == 100;
  };
  ASSERT_TRUE(wait_until(whole, kPatience));
  EXPECT_EQ(json_differences("status", group), "") << json::serialize(group);
  EXPECT_EQ(http_get(at_, "/api/group?group=messages%3Aprocessed").status, 200);
  EXPECT_EQ(http_get(at_, "/api/group?group=other").status, 404);
}

TEST_F(Http, RedisIsAskedOnceASecondHoweverManyRead) {
  at_ = start();
  client_.command({"CONFIG", "RESETSTAT"});
  for (int i = 0; i < 200; ++i) EXPECT_EQ(http_get(at_, "/api/group").status, 200);
  const auto stats = client_.text({"INFO", "commandstats"});
  const auto calls = stats.find("cmdstat_xinfo|stream:calls=");
  const auto xinfo = calls == std::string::npos ? 0 : std::stoi(stats.substr(calls + 27));
  EXPECT_LT(xinfo, 20) << stats;
}

TEST_F(Http, EventsTellOfTheGroupEachSecond) {
  at_ = start();
  HttpConnection events(at_);
  events.send("GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
  const auto first = events.read_until("}\n\n");
  EXPECT_NE(first.find("text/event-stream"), std::string::npos) << first;
  const auto begin = first.find("data: {");
  ASSERT_NE(begin, std::string::npos) << first;
  EXPECT_EQ(json::parse(first.substr(begin + 6, first.find('\n', begin) - begin - 6)).at("nodes"), 1);
  publish(50);
  std::string later;
  EXPECT_TRUE(wait_until(
      [&] {
        later = events.read_until("}\n\n");
        return later.find(R"("total":50,)") != std::string::npos;
      },
      kPatience))
      << later;
  redis_.kill9();
  EXPECT_TRUE(wait_until([&] { return events.read_until("}\n\n").find(R"("error":)") != std::string::npos; },
                         kPatience));
}

TEST_F(Http, AProcessOfSeveralGroupsAnswersForEach) {
  const auto config = files_.file("groups.conf");
  std::ofstream(config) << "http = 127.0.0.1:0\n[group orders]\ninput-channel = orders\n[group "
                           "events]\ninput-channel = events\n";
  Flags flags{"--config", config};
  const auto times = quick_times();
  flags.insert(flags.end(), times.begin(), times.end());
  TributaryNode agent(redis_, flags, {}, "agent");
  at_ = address_of(agent);
  EXPECT_TRUE(wait_until([&] { return http_get(at_, "/readyz").status == 200; }, kPatience));
  EXPECT_EQ(sample(metrics(), R"(tributary_up{group="orders"})"), 1);
  EXPECT_EQ(sample(metrics(), R"(tributary_up{group="events"})"), 1);
  const auto all = json::parse(http_get(at_, "/api/group").body);
  EXPECT_EQ(all.at("groups").as_array().size(), 2U);
  EXPECT_EQ(json::parse(http_get(at_, "/api/group?group=events").body).at("group"), "events");
  EXPECT_EQ(run_tributary("stop", redis_, {"--output-stream", "events"}).status, 0);
  EXPECT_TRUE(wait_until([&] { return http_get(at_, "/readyz").status == 503; }, kPatience));
  EXPECT_EQ(http_get(at_, "/readyz").body, "group events: it has left the group\n");
  EXPECT_EQ(agent.terminate(), 0) << agent.err();
}

TEST_F(Http, AUnixSocketIsThereWhileItRunsAndReplacesADeadOne) {
  const auto path = files_.file("http.sock");
  {
    auto& killed = start_node({"--http", "unix:" + path});
    EXPECT_EQ(http_get(address_of(killed), "/livez").status, 200);
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0660U);
    const auto second = run_tributary("consume", redis_, {"--http", "unix:" + path});
    EXPECT_EQ(second.status, 75);
    EXPECT_NE(second.err.find("cannot listen on unix:" + path + " (--http): Address already in use"),
              std::string::npos)
        << second.err;
    killed.kill9();
  }
  auto& node = start_node({"--http", "unix:" + path});
  EXPECT_EQ(http_get(address_of(node), "/livez").status, 200);
  EXPECT_EQ(node.terminate(), 0) << node.err();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Http, WhatIsNotThereIsSaid) {
  at_ = start();
  EXPECT_EQ(http_get(at_, "/nothing").status, 404);
  EXPECT_EQ(http(at_, "POST", "/metrics").status, 405);
  EXPECT_EQ(http(at_, "DELETE", "/metrics").status, 405);
  const auto head = http(at_, "HEAD", "/livez");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "6");
  EXPECT_EQ(head.body, "");
}

}  // namespace
}  // namespace tributary::test
