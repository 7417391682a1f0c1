#include "http/guard.hpp"

#include <gtest/gtest.h>

namespace tributary::http {
namespace {

Request with(std::map<std::string, std::string> headers) {
  Request request;
  request.headers = std::move(headers);
  return request;
}

unsigned status(const std::optional<Response>& refusal) { return refusal ? refusal->status : 200; }

TEST(HttpGuard, OnLoopbackOnlyNamesOfThisHostAreAnswered) {
  for (const auto* host :
       {"localhost", "localhost:9464", "127.0.0.1:9464", "127.0.0.2", "[::1]:9464", "[::1]"})
    EXPECT_EQ(status(wrong_host(with({{"host", host}}), true)), 200U) << host;
  for (const auto* host :
       {"evil.example", "evil.example:9464", "localhost.evil.example", "10.0.0.1", "", "127.0.0.1.evil"})
    EXPECT_EQ(status(wrong_host(with({{"host", host}}), true)), 421U) << host;
  EXPECT_EQ(status(wrong_host(with({}), true)), 421U);
  EXPECT_EQ(status(wrong_host(with({{"host", "node1.example:9464"}}), false)), 200U);
}

std::map<std::string, std::string> post(std::map<std::string, std::string> more) {
  more.insert({{"host", "127.0.0.1:9464"}, {"content-type", "application/json"}});
  return more;
}

TEST(HttpGuard, AnotherSitesRequestsChangeNothing) {
  EXPECT_EQ(status(from_elsewhere(with(post({})))), 200U) << "no browser";
  EXPECT_EQ(status(from_elsewhere(
                with(post({{"origin", "http://127.0.0.1:9464"}, {"sec-fetch-site", "same-origin"}})))),
            200U);
  for (const auto* origin : {"http://evil.example", "null", "http://127.0.0.1:9465", "http://127.0.0.1"})
    EXPECT_EQ(status(from_elsewhere(with(post({{"origin", origin}})))), 403U) << origin;
  for (const auto* site : {"cross-site", "same-site"})
    EXPECT_EQ(status(from_elsewhere(with(post({{"sec-fetch-site", site}})))), 403U) << site;
}

TEST(HttpGuard, WhatAFormCanSendIsNoJson) {
  for (const auto* type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"})
    EXPECT_EQ(status(from_elsewhere(with(post({{"content-type", type}})))), 415U) << type;
  EXPECT_EQ(status(from_elsewhere(with(post({{"content-type", "application/json; charset=utf-8"}})))), 200U);
}

TEST(HttpGuard, ATokenIsComparedWhole) {
  EXPECT_EQ(token_of(with({{"authorization", "Bearer abc"}})), "abc");
  EXPECT_EQ(token_of(with({{"authorization", "Basic abc"}})), "");
  EXPECT_EQ(token_of(with({})), "");
  EXPECT_TRUE(same_token("abc", "abc"));
  for (const auto* wrong : {"", "ab", "abcd", "abd", "ABC"}) EXPECT_FALSE(same_token(wrong, "abc")) << wrong;
}

TEST(HttpGuard, ErrorsAreJsonWhateverTheySay) {
  EXPECT_EQ(error_response(404, "a \"b\" \\ \n \xff").body,
            "{\"error\":\"a \\\"b\\\" \\\\   \xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace tributary::http
