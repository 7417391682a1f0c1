#include "process/processors/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "process/additions.hpp"
#include "support/http_service.hpp"

namespace tributary::process {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::HttpService;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using Request = HttpService::Request;
using Then = HttpService::Response::Then;

constexpr Message kMessage{R"({"message_id":"m"})", "m", "7.a:1", "orders", 1};

struct Answer {
  Outcome outcome = Outcome::append;
  std::vector<std::string> fields;
  std::string reason;
};

Answer run(Processor& processor, const Message& message = kMessage) {
  Additions additions;
  Answer answer;
  answer.outcome = processor.process(message, additions, answer.reason);
  for (const auto& field : additions.fields()) {
    answer.fields.push_back(std::string(field.name) + "=" + std::string(field.value));
  }
  return answer;
}

std::unique_ptr<Processor> make(const std::string& url, std::chrono::milliseconds timeout = 20s,
                                bool json = true) {
  ProcessorContext context;
  context.timeout = timeout;
  context.json = json;
  auto made = make_http(url, context);
  EXPECT_TRUE(made.ok()) << made.error().message;
  return (*made)();
}

/// What becomes of a message that is answered so.
Answer answered(const HttpService::Response& response, std::chrono::milliseconds timeout = 20s) {
  HttpService service([&](const Request&) { return response; });
  return run(*make(service.url("/work?key=secret"), timeout));
}

TEST(HttpTest, OnePostForEachMessageOnOneConnection) {
  std::vector<Request> seen;
  HttpService service([&](const Request& request) {
    seen.push_back(request);
    return HttpService::answer(200, R"({"fields":{"a":"x","n":1}})");
  });
  const auto processor = make(service.url("/work?x=1"));
  EXPECT_TRUE(processor->may_block());
  const auto answer = run(*processor);
  EXPECT_EQ(answer.outcome, Outcome::append);
  EXPECT_THAT(answer.fields, ElementsAre("a=x", "n=1"));
  run(*processor, {"{}", "", "7.a:2", "orders", 3});
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(service.connections(), 1);
  EXPECT_EQ(seen[0].method + " " + seen[0].target, "POST /work?x=1");
  EXPECT_EQ(seen[0].body, kMessage.payload);
  EXPECT_EQ(seen[0].headers["content-type"], "application/json");
  EXPECT_EQ(seen[0].headers["idempotency-key"], "7.a:1");
  EXPECT_EQ(seen[0].headers["tributary-message-id"], "m");
  EXPECT_EQ(seen[0].headers["tributary-channel"], "orders");
  EXPECT_EQ(seen[0].headers["tributary-attempt"], "1");
  EXPECT_EQ(seen[0].headers.count("expect"), 0U);
  EXPECT_EQ(seen[1].headers["tributary-attempt"], "3");
  EXPECT_EQ(seen[1].headers.count("tributary-message-id"), 0U);
}

TEST(HttpTest, AnyIdIsASafeHeaderAndAnyPayloadABody) {
  Request seen;
  HttpService service([&](const Request& request) { return seen = request, HttpService::answer(204); });
  const auto processor = make(service.url(), 20s, false);
  const std::string payload("\0\r\n\xff", 4);
  for (const auto& [id, header] :
       {std::pair("a\r\nX-Evil: 1", "a%0D%0AX-Evil: 1"), std::pair("\xc3\xa9 %", "%C3%A9 %25"),
        std::pair(" a ", "%20a%20"), std::pair("a b", "a b")}) {
    EXPECT_EQ(run(*processor, {payload, id, "7.a:1", "\x01", 1}).outcome, Outcome::append);
    EXPECT_EQ(seen.headers["tributary-message-id"], header);
    EXPECT_EQ(seen.headers["tributary-channel"], "%01");
    EXPECT_EQ(seen.headers.count("x-evil"), 0U);
    EXPECT_EQ(seen.body, payload);
    EXPECT_EQ(seen.headers["content-type"], "application/octet-stream");
  }
  const std::string id(5000, 'x');
  EXPECT_EQ(run(*processor, {"x", id, "7.a:1", "c", 1}).outcome, Outcome::append);
  EXPECT_EQ(seen.headers.count("tributary-message-id"), 0U);
}

TEST(HttpTest, WhatTheServiceAnswers) {
  for (const auto& response :
       {HttpService::answer(200), HttpService::answer(204), HttpService::answer(202, "{}")}) {
    EXPECT_EQ(answered(response).outcome, Outcome::append) << response.bytes;
  }
  EXPECT_EQ(answered(HttpService::answer(200, R"({"drop":true})")).outcome, Outcome::drop);
  const auto dead = answered(HttpService::answer(200, R"({"dead":"no good"})"));
  EXPECT_EQ(dead.outcome, Outcome::dead);
  EXPECT_EQ(dead.reason, "no good") << "its own words";
  const auto failed = answered(HttpService::answer(200, R"({"fail":"later"})"));
  EXPECT_EQ(failed.outcome, Outcome::fail);
  EXPECT_EQ(failed.reason, "later");
  const auto rubbish = answered(HttpService::answer(200, "<html>\x1b"));
  EXPECT_EQ(rubbish.outcome, Outcome::fail);
  EXPECT_THAT(rubbish.reason, HasSubstr("/work: its answer is not JSON: \"<html>\\x1b\""));
  EXPECT_THAT(rubbish.reason, StartsWith("http://127.0.0.1:"));
  EXPECT_EQ(rubbish.reason.find("secret"), std::string::npos);
}

TEST(HttpTest, StatusDecides) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 300, 304}) {
    const auto answer = answered(HttpService::answer(status));
    EXPECT_EQ(answer.outcome, Outcome::fail) << status;
    EXPECT_THAT(answer.reason, HasSubstr("/work: it answered " + std::to_string(status)));
  }
  for (const int status : {400, 401, 404, 410, 422}) {
    const auto answer = answered(HttpService::answer(status, "why\n"));
    EXPECT_EQ(answer.outcome, Outcome::dead) << status;
    EXPECT_THAT(answer.reason, HasSubstr("it answered " + std::to_string(status) + ": \"why\\x0a\""));
  }
  const auto redirect = answered(HttpService::answer(302, "", "Location: http://127.0.0.1:1/\r\n"));
  EXPECT_EQ(redirect.outcome, Outcome::fail);
  EXPECT_THAT(redirect.reason,
              HasSubstr("it answered 302, a redirect to http://127.0.0.1:1/; none are followed"));
}

TEST(HttpTest, ServicesThatMisbehaveAreFailures) {
  EXPECT_THAT(answered({"rubbish\r\n\r\n", 0, Then::close}).reason, HasSubstr("HTTP/0.9"));
  EXPECT_THAT(answered({"", 0, Then::close}).reason, HasSubstr("Empty reply"));
  EXPECT_EQ(answered({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", 0, Then::close}).outcome,
            Outcome::fail);
  const auto start = steady_clock::now();
  EXPECT_THAT(answered({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", 0, Then::hang}, 200ms).reason,
              HasSubstr("timed out: no whole answer within 200 ms"));
  EXPECT_THAT(answered({"", 5000, Then::close}, 200ms).reason,
              HasSubstr("timed out: no whole answer within 200 ms"));
  EXPECT_LT(steady_clock::now() - start, 5s);
  EXPECT_THAT(answered({"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + std::string(70u << 20, ' '),
                        0, Then::close})
                  .reason,
              HasSubstr("larger than 64 MiB"));
}

TEST(HttpTest, AServiceMayBeDownAndComeBack) {
  auto service = std::make_unique<HttpService>([](const Request&) { return HttpService::answer(200); });
  const int port = service->port();
  const auto url = service->url();
  const auto processor = make(url);
  EXPECT_EQ(run(*processor).outcome, Outcome::append);
  service.reset();
  const auto down = run(*processor);
  EXPECT_EQ(down.outcome, Outcome::fail);
  EXPECT_EQ(down.reason, url + ": Failed to connect to 127.0.0.1 port " + std::to_string(port) +
                             ": Couldn't connect to server");
  service = std::make_unique<HttpService>([](const Request&) { return HttpService::answer(200); }, port);
  EXPECT_EQ(run(*processor).outcome, Outcome::append);
}

/// How a call ends that is interrupted while `processor` waits, `requests` requests after the service began.
void expect_interrupted(Processor& processor, const HttpService& service, int requests) {
  std::jthread other([&] {
    while (service.requests() < requests) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(50ms);
    processor.interrupt();
  });
  const auto start = steady_clock::now();
  EXPECT_THAT(run(processor).reason, HasSubstr("interrupted"));
  EXPECT_LT(steady_clock::now() - start, 10s);
  EXPECT_THAT(run(processor).reason, HasSubstr("interrupted")) << "for good";
}

TEST(HttpTest, ARequestIsInterrupted) {
  HttpService service([](const Request&) { return HttpService::Response{"", 60'000, Then::close}; });
  expect_interrupted(*make(service.url(), 300s), service, 1);
}

TEST(HttpTest, APauseThatTheServiceAskedForIsInterrupted) {
  HttpService service([](const Request&) { return HttpService::answer(429, "", "Retry-After: 600\r\n"); });
  const auto processor = make(service.url(), 300s);
  EXPECT_EQ(run(*processor).outcome, Outcome::fail);
  expect_interrupted(*processor, service, 1);
  EXPECT_EQ(service.requests(), 1);
}

TEST(HttpTest, RetryAfterIsHonouredButNotForEver) {
  HttpService service([](const Request& request) {
    return request.number == 1 ? HttpService::answer(503, "", "Retry-After: 600\r\n")
                               : HttpService::answer(200);
  });
  const auto processor = make(service.url(), 600ms);
  EXPECT_EQ(run(*processor).outcome, Outcome::fail);
  const auto start = steady_clock::now();
  EXPECT_EQ(run(*processor).outcome, Outcome::append);
  EXPECT_GE(steady_clock::now() - start, 200ms);
  EXPECT_LT(steady_clock::now() - start, 5s) << "half of the time-out";
}

TEST(HttpTest, UrlsAreChecked) {
  for (const auto* const url : {"http://", "http:", "https://:80/", "http://a:99999/", "http://a b/"}) {
    const auto made = make_http(url, {});
    ASSERT_FALSE(made.ok()) << url;
    EXPECT_EQ(made.error().kind, ErrorKind::usage);
    EXPECT_THAT(made.error().message, HasSubstr("it is no URL"));
  }
}

}  // namespace
}  // namespace tributary::process
