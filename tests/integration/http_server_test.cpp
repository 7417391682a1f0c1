// The server against clients that are slow, many, or wrong: each is cut off, and others are served meanwhile.
#include "http/server.hpp"

#include <gtest/gtest.h>

#include <list>
#include <thread>

#include "support/http_client.hpp"
#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class HttpServer : public testing::Test {
 protected:
  void serve(http::Limits limits) {
    server_.emplace(
        loop_, [this](const http::Request& request, const http::Answer& answer) { handle(request, answer); },
        limits);
    ASSERT_TRUE(server_->listen(http::parse_address("127.0.0.1:0").value()));
    at_ = server_->address().text();
    loop_.every(10ms, [this] {
      server_->publish("ticks", std::string(event_bytes_, 'x'));
      listeners_ = server_->listeners("ticks");
    });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~HttpServer() override {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }
  void handle(const http::Request& request, const http::Answer& answer) {
    if (request.path == "/never") return;
    if (request.path == "/twice") answer({});
    if (request.path == "/events") return answer({200, "", "first", {}, "ticks"});
    answer({200, "text/plain", request.method + " " + request.path + " " + request.body, {}, {}});
  }
  bool serves() { return http_get(at_, "/hello").body == "GET /hello "; }

  redis::EventLoop loop_;
  std::optional<http::Server> server_;
  std::thread thread_;
  std::string at_;
  std::atomic<std::size_t> event_bytes_{10}, listeners_{0};
};

TEST_F(HttpServer, AConnectionServesOneRequestAfterTheOther) {
  serve({});
  HttpConnection connection(at_);
  for (int i = 0; i < 3; ++i) {
    connection.send("POST /a%20b HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi");
    EXPECT_NE(connection.read_until("POST /a b hi").find("200 OK"), std::string::npos);
  }
  connection.send("GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\n");
  const auto both = connection.read_until("/two");
  EXPECT_NE(both.find("GET /one"), std::string::npos) << both;
  EXPECT_EQ(http_get(at_, "/twice").status, 200);
}

TEST_F(HttpServer, WhoIsSlowIsCutOff) {
  serve({.patience = 300ms});
  HttpConnection silent(at_);
  HttpConnection dawdler(at_);
  dawdler.send("GET /hello HTT");
  HttpConnection in_the_body(at_);
  in_the_body.send("POST /hello HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf");
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(dawdler.closed());
  EXPECT_TRUE(in_the_body.closed());
  EXPECT_TRUE(serves());
}

TEST_F(HttpServer, WhoHoldsConnectionsGivesWayToWhoComes) {
  serve({.connections = 4});
  std::list<HttpConnection> held;
  for (int i = 0; i < 50; ++i) {
    held.emplace_back(at_).send(i % 2 == 0 ? "GET /he" : "");
    EXPECT_TRUE(serves()) << i;
  }
  EXPECT_TRUE(held.front().closed());
}

TEST_F(HttpServer, WhatIsBeingAnsweredDoesNotGiveWay) {
  serve({.connections = 2});
  HttpConnection first(at_), second(at_);
  for (auto* waiting : {&first, &second}) waiting->send("GET /never HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(wait_until([&] { return http_get(at_, "/hello").status == 503; }, kPatience));
  EXPECT_FALSE(first.closed(50ms));
}

TEST_F(HttpServer, WhatIsTooLargeOrNoRequestIsRefused) {
  serve({});
  EXPECT_EQ(http_get(at_, "/" + std::string(20'000, 'x')).status, 431);
  EXPECT_EQ(http_get(at_, "/", {"x: " + std::string(20'000, 'x')}).status, 431);
  EXPECT_EQ(http(at_, "POST", "/", {}, std::string(100'000, 'x')).status, 413);
  EXPECT_EQ(http(at_, "POST", "/", {}, std::string(3'000'000, 'x')).status, 413);
  EXPECT_EQ(http_get(at_, "/%zz").status, 400);
  EXPECT_EQ(http(at_, "BREW", "/").status, 405);
  HttpConnection nonsense(at_);
  nonsense.send("\x16\x03\x01 this is TLS\r\n\r\n");
  EXPECT_NE(nonsense.read_until("").find("400 Bad Request"), std::string::npos);
  HttpConnection endless(at_);
  endless.send("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n");
  bool sent = true;
  for (int i = 0; i < 10'000 && sent; ++i) sent = endless.send("400\r\n" + std::string(1024, 'x') + "\r\n");
  EXPECT_FALSE(sent) << "10 MB were taken";
  EXPECT_TRUE(serves());
}

TEST_F(HttpServer, StreamsAreFew) {
  serve({.streams = 2});
  std::list<HttpConnection> streams;
  for (int i = 0; i < 2; ++i) {
    streams.emplace_back(at_).send("GET /events HTTP/1.1\r\n\r\n");
    EXPECT_NE(streams.back().read_until("data: xxxxxxxxxx\n\n").find("data: first\n\n"), std::string::npos);
  }
  EXPECT_EQ(http_get(at_, "/events").status, 503);
  streams.pop_front();
  EXPECT_TRUE(wait_until(
      [&] {
        HttpConnection another(at_);
        another.send("GET /events HTTP/1.1\r\n\r\n");
        return another.read_until("\r\n").find("200 OK") != std::string::npos;
      },
      kPatience));
}

TEST_F(HttpServer, WhoReadsNoEventsMissesSomeAndIsCutOffAndNobodyWaits) {
  event_bytes_ = 1 << 20;
  serve({.patience = 500ms});
  HttpConnection stream(at_);
  stream.send("GET /events HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(wait_until([&] { return listeners_ == 1; }, kPatience));
  EXPECT_TRUE(wait_until([&] { return serves() && listeners_ == 0; }, kPatience)) << "it reads nothing";
  EXPECT_TRUE(stream.closed());
}

}  // namespace
}  // namespace tributary::test
