// What a node does for those who ask it over HTTP, and for whom it does not.
#include <filesystem>
#include <fstream>

#include "support/http_client.hpp"
#include "support/json_shape.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr char kToken[] = "0123456789abcdef";

class HttpDoing : public Scenario {
 protected:
  HttpDoing() { std::ofstream(token_file_) << kToken << "\n"; }
  void start(Flags flags = {}) {
    flags.insert(flags.end(), {"--http", "127.0.0.1:0", "--http-token-file", token_file_});
    auto& node = start_agent(flags);
    ASSERT_TRUE(node.wait_for_output("http on ", kPatience)) << node.err();
    const auto text = node.err();
    const auto at = text.find("http on ") + 8;
    at_ = text.substr(at, text.find('\n', at) - at);
  }
  HttpAnswer post(const std::string& path, const std::string& body, HttpHeaders headers = {},
                  const std::string& token = kToken) {
    headers.push_back("content-type: application/json");
    if (!token.empty()) headers.push_back("authorization: Bearer " + token);
    return http(at_, "POST", path, headers, body);
  }
  static std::string said(const HttpAnswer& answer) {
    const auto value = json::parse(answer.body);
    const auto* lines = value.as_object().if_contains("said");
    return lines != nullptr && !lines->as_array().empty() ? std::string(lines->as_array().front().as_string())
                                                          : answer.body;
  }
  std::string desired(const std::string& field) {
    return client_.text({"HGET", "tributary:{messages:processed}:desired", field});
  }
  bool untouched() { return client_.integer({"EXISTS", "tributary:{messages:processed}:desired"}) == 0; }

  const std::string token_file_ = files_.file("token");
  std::string at_;
};

TEST_F(HttpDoing, TheCommandsDoWhatTheyDoOnTheCommandLine) {
  start();
  const auto scaled = post("/api/scale", R"({"consumers": 5})");
  EXPECT_EQ(scaled.status, 200) << scaled.body;
  EXPECT_TRUE(said(scaled).starts_with(
      "consumers as many as the hosts have capacity -> 5 of group messages:processed"))
      << scaled.body;
  EXPECT_TRUE(wait_until([&] { return group().consumer_ids.size() == 5; }, kPatience));
  EXPECT_TRUE(desired("changed_by").starts_with("http:127.0.0.1@")) << desired("changed_by");
  EXPECT_EQ(post("/api/scale", R"({"consumers": "auto", "minimum": 2, "maximum": 9})").status, 200);
  EXPECT_EQ(desired("consumers") + desired("minimum") + desired("maximum"), "auto29");
  EXPECT_EQ(post("/api/pause", "").status, 200);
  EXPECT_EQ(desired("state"), "paused");
  EXPECT_EQ(post("/api/resume", "{}").status, 200);
  EXPECT_EQ(desired("state"), "running");
  const auto conflict = post("/api/pause", R"({"if_revision": 1})");
  EXPECT_EQ(conflict.status, 409) << conflict.body;
  EXPECT_EQ(post("/api/stop", "{}").status, 200);
  EXPECT_EQ(nodes_[0]->wait(kPatience), 0) << nodes_[0]->err();
}

TEST_F(HttpDoing, WhatMakesNoSenseChangesNothing) {
  start();
  for (const auto* body :
       {R"({"consumers": -1})", R"({"consumers": 1.5})", R"({"consumers": 100001})", R"({})", "[]", "{",
        R"({"consumers": 5, "minimum": 1})", R"({"consumers": "auto", "minimum": 0})",
        R"({"consumers": 5, "redis_url": "redis://evil"})", R"({"consumers": 5, "wait": "1h"})",
        R"({"consumers": {"a": [[[[[]]]]]}})"}) {
    const auto answer = post("/api/scale", body);
    EXPECT_EQ(answer.status, 400) << body << answer.body;
  }
  EXPECT_EQ(post("/api/dead/drop", "{}").status, 400);
  EXPECT_EQ(post("/api/dead/drop", R"({"id": "nonsense"})").status, 400);
  EXPECT_EQ(post("/api/dead/retry", R"({"all": true, "processor": "exec:true"})").status, 400);
  EXPECT_EQ(http_get(at_, "/api/scale").status, 405);
  EXPECT_TRUE(untouched());
}

TEST_F(HttpDoing, NobodyDoesAnythingWithoutTheToken) {
  start();
  EXPECT_EQ(post("/api/pause", "", {}, "").status, 401);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(post("/api/pause", "", {}, "0123456789abcdeF").status, 401);
  EXPECT_GT(std::chrono::steady_clock::now() - before, 900ms) << "wrong ones can be tried quickly";
  EXPECT_EQ(http_get(at_, "/api/dead/show?id=1-1").status, 401);
  EXPECT_TRUE(untouched());
  EXPECT_EQ(sample(http_get(at_, "/metrics").body, "tributary_http_wrong_tokens_total"), 1);
  EXPECT_NE(nodes_[0]->err().find("WARN  http: a wrong token from 127.0.0.1 (1 so far)"), std::string::npos);
  EXPECT_EQ(nodes_[0]->err().find(kToken), std::string::npos);
  EXPECT_EQ(http_get(at_, "/api/access").body, "{\"schema\":1,\"controls\":true,\"token\":false}\n");
  EXPECT_EQ(http_get(at_, "/api/access", {std::string("authorization: Bearer ") + kToken}).body,
            "{\"schema\":1,\"controls\":true,\"token\":true}\n");
  std::ofstream(token_file_) << "another token, as long";
  EXPECT_EQ(post("/api/pause", "").status, 401) << "the old one";
  EXPECT_EQ(post("/api/pause", "", {}, "another token, as long").status, 200);
  std::filesystem::remove(token_file_);
  EXPECT_EQ(post("/api/resume", "", {}, "another token, as long").status, 503)
      << "nobody knows the token now";
}

TEST_F(HttpDoing, NothingIsDoneForAPageOfAnotherSite) {
  start();
  EXPECT_EQ(post("/api/pause", "", {"origin: http://evil.example"}).status, 403);
  EXPECT_EQ(post("/api/pause", "", {"origin: null"}).status, 403);
  EXPECT_EQ(post("/api/pause", "", {"sec-fetch-site: cross-site"}).status, 403);
  const HttpHeaders form{"content-type: text/plain", std::string("authorization: Bearer ") + kToken};
  EXPECT_EQ(http(at_, "POST", "/api/pause", form, "{}").status, 415);
  // A page whose name points here of a sudden (DNS rebinding) is of the same origin as far as a browser knows.
  for (const auto* path : {"/api/group", "/metrics", "/api/events", "/readyz"})
    EXPECT_EQ(http_get(at_, path, {"host: evil.example:9464"}).status, 421) << path;
  EXPECT_EQ(post("/api/pause", "", {"host: evil.example", "origin: http://evil.example"}).status, 421);
  const auto answer = http(at_, "OPTIONS", "/api/pause", {"origin: http://evil.example"});
  EXPECT_EQ(answer.status, 405);
  EXPECT_FALSE(answer.headers.contains("access-control-allow-origin"));
  EXPECT_TRUE(untouched());
  EXPECT_EQ(post("/api/pause", "", {"origin: http://" + at_, "sec-fetch-site: same-origin"}).status, 200);
}

TEST_F(HttpDoing, DeadLettersAreRetriedAndDroppedAndTheirPayloadsAreNotForEverybody) {
  start({"--processor", "stamp"});
  for (const auto* payload : {"<script>alert(1)</script>", R"({"no": "id"})", "third"})
    client_.command({"PUBLISH", "messages:published", payload});
  EXPECT_TRUE(wait_until([&] { return client_.integer({"XLEN", dead_letters_}) == 3; }, kPatience));
  const auto listed = http_get(at_, "/api/dead");
  EXPECT_EQ(listed.status, 200) << listed.body;
  EXPECT_EQ(listed.body.find("script"), std::string::npos) << listed.body;
  const auto list = json::parse(listed.body);
  EXPECT_EQ(list.at("in_stream"), 3);
  EXPECT_EQ(list.at("reasons").at(0).at("count"), 2);
  const auto& letters = list.at("dead_letters").as_array();
  ASSERT_EQ(letters.size(), 3U);
  const auto id = std::string(letters.back().at("id").as_string());
  const HttpHeaders token{std::string("authorization: Bearer ") + kToken};
  const auto shown = http_get(at_, "/api/dead/show?id=" + id, token);
  EXPECT_EQ(json::parse(shown.body).at("payload"), "<script>alert(1)</script>") << shown.body;
  EXPECT_EQ(http_get(at_, "/api/dead/show?id=1-1", token).status, 404);

  EXPECT_EQ(said(post("/api/dead/drop", R"({"id": [")" + id + "\"]}")),
            "1 dead letter of messages:processed:dead dropped");
  EXPECT_EQ(client_.integer({"XLEN", dead_letters_}), 2);
  const auto retried = post("/api/dead/retry", R"({"all": true})");
  EXPECT_EQ(retried.status, 200) << retried.body;
  EXPECT_EQ(json::parse(retried.body).at("ok"), false);
  EXPECT_EQ(said(retried),
            "2 dead letters retried: 0 appended to messages:processed, 2 failed again (left in "
            "messages:processed:dead):");
  EXPECT_EQ(post("/api/dead/drop", R"({"id": "1-1"})").status, 404);
}

TEST_F(HttpDoing, OneThingAtATimeAndMessagesGoOnMeanwhile) {
  start({"--processor", "delay:1s"});
  client_.command(
      {"XADD", dead_letters_, "*", "payload", R"({"message_id": "m"})", "position", "1.abcdef:1"});
  HttpConnection retrying(at_);
  const std::string body = R"({"all": true})";
  retrying.send(
      "POST /api/dead/retry HTTP/1.1\r\nhost: localhost\r\ncontent-type: "
      "application/json\r\ncontent-length: " +
      std::to_string(body.size()) + "\r\nauthorization: Bearer " + kToken + "\r\n\r\n" + body);
  EXPECT_TRUE(nodes_[0]->wait_for_output("http: dead retry of group messages:processed, for http:127.0.0.1@",
                                         kPatience));
  EXPECT_EQ(post("/api/pause", "").status, 409);
  EXPECT_EQ(http_get(at_, "/livez").status, 200);
  EXPECT_NE(retrying.read_until("appended").find("1 appended to"), std::string::npos);
  EXPECT_TRUE(wait_until([&] { return post("/api/pause", "").status == 200; }, kPatience));
}

TEST_F(HttpDoing, WithoutATokenFileThereIsNothingToDo) {
  auto& node = start_node({"--http", "127.0.0.1:0"});
  const auto text = node.err();
  at_ = text.substr(text.find("http on ") + 8);
  at_ = at_.substr(0, at_.find('\n'));
  EXPECT_EQ(post("/api/pause", "").status, 404);
  EXPECT_EQ(http_get(at_, "/api/access").body, "{\"schema\":1,\"controls\":false,\"token\":false}\n");
  EXPECT_TRUE(untouched());
}

TEST_F(HttpDoing, ATokenThatCanBeGuessedIsRefusedAndListeningForAllIsWarnedAbout) {
  std::ofstream(token_file_) << "0123456789abcde";
  const auto refused =
      run_tributary("consume", redis_, {"--http", "127.0.0.1:0", "--http-token-file", token_file_});
  EXPECT_EQ(refused.status, 64);
  EXPECT_NE(refused.err.find("less than 16 bytes"), std::string::npos) << refused.err;
  auto& open = start_node({"--http", "*:0"});
  EXPECT_NE(open.err().find("WARN  --http *:0: whoever can connect to this host may read"),
            std::string::npos);
  auto& local = start_node({"--http", "127.0.0.1:0"});
  EXPECT_EQ(local.err().find("whoever can connect"), std::string::npos);
}

}  // namespace
}  // namespace tributary::test
