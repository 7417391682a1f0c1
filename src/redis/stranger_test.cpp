#include "redis/stranger.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

using namespace std::string_literals;

std::string line(std::string_view first_bytes) {
  const auto failure = explain_stranger(Endpoint(), first_bytes);
  EXPECT_TRUE(failure.hopeless);
  EXPECT_EQ(failure.kind, ErrorKind::unavailable);
  return failure.message;
}

TEST(Stranger, IsToldByWhatItSays) {
  const auto tls = "what answers at localhost:6379 expects TLS; "s;
  for (const auto& bytes : {"\x15\x03\x01\x00\x02\x02\x46"s, "\x16\x03\x03\x00\x7a"s}) {
    EXPECT_EQ(line(bytes).substr(0, tls.size()), tls);
  }
  const auto web = "what answers at localhost:6379 is a web server, not Redis; "s;
  for (const auto& bytes : {"HTTP/1.1 400 Bad Request\r\n"s, "<!DOCTYPE HTML PUBLIC"s, "<html>"s}) {
    EXPECT_EQ(line(bytes).substr(0, web.size()), web);
  }
  EXPECT_EQ(line("SSH-2.0-OpenSSH_9.2\r\nmore"),
            "what answers at localhost:6379 is not Redis, it says \"SSH-2.0-OpenSSH_9.2\"; use the host and "
            "port of a Redis "
            "server");
  EXPECT_NE(line("J\0\0\0\n8.0\x1b[2J"s).find("\"J\\x00\\x00\\x00\""), std::string::npos)
      << "not what a terminal would obey";
}

TEST(Stranger, MayBeRedisIfItAnswersAsRedisDoes) {
  for (const auto* const bytes : {"+OK", "-ERR", ":1", "$5", "*2"}) EXPECT_TRUE(may_be_redis(bytes));
  for (const auto* const bytes : {"", "HTTP", "\x15\x03", "ERROR"}) EXPECT_FALSE(may_be_redis(bytes));
}

TEST(Stranger, ThatIsSilentIsWaitedForUnlessItSpeaksTls) {
  EXPECT_TRUE(explain_silence(Endpoint(), true).hopeless);
  EXPECT_FALSE(explain_silence(Endpoint(), false).hopeless);
  EXPECT_TRUE(speaks_tls(tls_greeting()));
  EXPECT_FALSE(speaks_tls("\x15"));
}

}  // namespace
}  // namespace tributary::redis
