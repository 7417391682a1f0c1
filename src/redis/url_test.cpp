#include "redis/url.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

TEST(Url, HostAlone) {
  const auto url = parse_url("redis://example.org");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().endpoint.host, "example.org");
  EXPECT_EQ(url.value().endpoint.port, 6379);
  EXPECT_FALSE(url.value().has_password);
  EXPECT_FALSE(url.value().has_database);
}

TEST(Url, EveryPart) {
  const auto url = parse_url("redis://ann:p%40s/s:w@10.0.0.1:7000/3");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().endpoint.username, "ann");
  EXPECT_EQ(url.value().endpoint.password, "p@s/s:w");
  EXPECT_EQ(url.value().endpoint.host, "10.0.0.1");
  EXPECT_EQ(url.value().endpoint.port, 7000);
  EXPECT_EQ(url.value().endpoint.database, 3U);
}

TEST(Url, PasswordWithoutUser) {
  const auto url = parse_url("redis://:secret@h/");
  ASSERT_TRUE(url);
  EXPECT_FALSE(url.value().has_username);
  EXPECT_EQ(url.value().endpoint.password, "secret");
}

TEST(Url, AddressOfVersionSix) {
  const auto url = parse_url("redis://[::1]:7001/2");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().endpoint.host, "::1");
  EXPECT_EQ(url.value().endpoint.port, 7001);
}

TEST(Url, UnixSocket) {
  const auto url = parse_url("unix:///run/redis@1/s.sock?db=4");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().endpoint.unix_socket, "/run/redis@1/s.sock");
  EXPECT_EQ(url.value().endpoint.database, 4U);
  const auto with_password = parse_url("unix://:pw@/s");
  ASSERT_TRUE(with_password);
  EXPECT_EQ(with_password.value().endpoint.password, "pw");
  EXPECT_EQ(with_password.value().endpoint.unix_socket, "/s");
}

TEST(Url, RefusalsSayWhatIsWrongAndNeverRepeatTheUrl) {
  for (const auto* text :
       {"", "localhost:6379", "http://secret", "redis://", "redis://:secret@", "redis://:secret@h:0",
        "redis://:secret@h:99999", "redis://:secret@h/x", "redis://:secret@h?tls=1", "redis://:secret%4@h",
        "redis://:secret@[::1", "unix://secret", "unix://", "rediss://:secret@"}) {
    const auto url = parse_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos) << url.error().message;
    EXPECT_FALSE(url.error().message.empty());
  }
  auto tls = parse_url("rediss://h:7000/2");
  ASSERT_TRUE(tls.ok());
  EXPECT_TRUE(tls->endpoint.tls.on);
  EXPECT_EQ(tls->endpoint.port, 7000);
}

TEST(Url, Sentinels) {
  const auto url = parse_url("rediss+sentinel://ann:p%40ss@a,[::1]:7001,c:26380/main/3");
  ASSERT_TRUE(url);
  const auto& endpoint = url.value().endpoint;
  EXPECT_EQ(endpoint.sentinels.addresses, (std::vector<Address>{{"a", 26379}, {"::1", 7001}, {"c", 26380}}));
  EXPECT_EQ(endpoint.sentinels.service, "main");
  EXPECT_EQ(endpoint.username, "ann");
  EXPECT_EQ(endpoint.password, "p@ss");
  EXPECT_EQ(endpoint.database, 3U);
  EXPECT_TRUE(endpoint.tls.on);
  EXPECT_EQ(endpoint.display(), "main") << "where it is nobody has told yet";
}

TEST(Url, NodesOfACluster) {
  const auto url = parse_url("redis://u:p@a:1,b,c:3");
  ASSERT_TRUE(url);
  EXPECT_EQ(url.value().endpoint.address(), (Address{"a", 1}));
  EXPECT_EQ(url.value().endpoint.others, (std::vector<Address>{{"b", 6379}, {"c", 3}}));
}

TEST(Url, SentinelsThatAreNoUse) {
  for (const auto& [url, what] : {std::pair{"redis+sentinel://a:26379", "the name of the primary is missing"},
                                  {"redis+sentinel://a:26379/", "the name of the primary is missing"},
                                  {"redis+sentinel:///main", "the host is missing"},
                                  {"redis+sentinel://a,,b/main", "the host is missing"},
                                  {"redis+sentinel://a:0/main", "the port must be"},
                                  {"redis+sentinel://a/main/x", "the database must be a number"},
                                  {"redis://a:1,:2", "the host is missing"}}) {
    const auto parsed = parse_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_NE(parsed.error().message.find(what), std::string::npos) << url << ": " << parsed.error().message;
  }
}

}  // namespace
}  // namespace tributary::redis
