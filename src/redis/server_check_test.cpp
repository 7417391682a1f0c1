#include "redis/server_check.hpp"

#include <gtest/gtest.h>

namespace tributary::redis {
namespace {

constexpr std::string_view kInfo =
    "# "
    "Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\nexecutable:/usr/bin/"
    "redis-server\r\n\r\n"
    "# Memory\r\nmaxmemory:1048576\r\nmaxmemory_policy:noeviction\r\n# "
    "Persistence\r\nloading:0\r\naof_enabled:1\r\n"
    "# Replication\r\nrole:master\r\nmaster_replid:def\r\n# Cluster\r\ncluster_enabled:0\r\n";

ServerFacts good() { return parse_info(kInfo); }
ServerVerdict verdict_of(const ServerFacts& facts) { return check_server(facts, {}, true); }

TEST(ServerCheck, ReadsInfo) {
  const auto facts = good();
  EXPECT_EQ(facts.version, "7.0.15");
  EXPECT_EQ(facts.look_alike, "");
  EXPECT_EQ(facts.role, "master");
  EXPECT_EQ(facts.run_id, "abc");
  EXPECT_EQ(facts.master_replid, "def");
  EXPECT_EQ(facts.maxmemory, 1048576U);
  EXPECT_EQ(facts.maxmemory_policy, "noeviction");
  EXPECT_FALSE(facts.loading);
  EXPECT_FALSE(facts.cluster_enabled);
  EXPECT_TRUE(facts.aof_enabled);
}

TEST(ServerCheck, AGoodServerPassesInSilence) {
  const auto verdict = verdict_of(good());
  EXPECT_FALSE(verdict.refusal);
  EXPECT_TRUE(verdict.warnings.empty());
  EXPECT_TRUE(verdict.notes.empty());
}

TEST(ServerCheck, RefusesWhatEndangersTheStream) {
  struct Case {
    const char* said;
    void (*spoil)(ServerFacts&);
  };
  for (const auto& [said, spoil] :
       {Case{"too old", [](ServerFacts& f) { f.version = "6.2.9"; }},
        Case{"version", [](ServerFacts& f) { f.version = ""; }},
        Case{"replica", [](ServerFacts& f) { f.role = "slave"; }},
        Case{"allkeys-lru", [](ServerFacts& f) { f.maxmemory_policy = "allkeys-lru"; }},
        Case{"does not tell which server process it is",
             [](ServerFacts& f) { f.info_in_scripts = false, f.run_id = ""; }},
        Case{"Dragonfly", [](ServerFacts& f) { f.look_alike = "Dragonfly"; }}}) {
    auto facts = good();
    spoil(facts);
    const auto verdict = verdict_of(facts);
    ASSERT_TRUE(verdict.refusal) << said;
    EXPECT_NE(verdict.refusal->message.find(said), std::string::npos) << verdict.refusal->message;
    EXPECT_NE(verdict.refusal->message.find("localhost:6379"), std::string::npos);
  }
}

TEST(ServerCheck, ASentinelIsToldWithTheUrlThatFollowsItsPrimary) {
  const std::string info =
      "redis_version:7.0.15\r\n# Sentinel\r\nsentinel_masters:1\r\n"
      "master0:name=main,status=ok,address=10.0.0.1:6379,slaves=1,sentinels=3\r\n";  // as Valkey's, without redis_mode
  const auto facts = parse_info(info);
  EXPECT_TRUE(facts.sentinel);
  const auto verdict = check_server(facts, Endpoint(), false);
  ASSERT_TRUE(verdict.refusal);
  EXPECT_EQ(verdict.refusal->kind, ErrorKind::unavailable);
  EXPECT_NE(verdict.refusal->message.find("is a Sentinel"), std::string::npos);
  EXPECT_NE(verdict.refusal->message.find("redis+sentinel://localhost:6379/main"), std::string::npos)
      << verdict.refusal->message;
  EXPECT_NE(check_server(parse_info("redis_mode:sentinel\r\n"), Endpoint(), false)
                .refusal->message.find("is a Sentinel"),
            std::string::npos);
}

TEST(ServerCheck, WarnsOfRisksAndNotesLimits) {
  auto facts = good();
  facts.aof_enabled = false;
  facts.maxmemory_policy = "volatile-lru";
  const auto verdict = check_server(facts, {}, false);
  EXPECT_FALSE(verdict.refusal);
  EXPECT_EQ(verdict.warnings.size(), 2U);
  EXPECT_EQ(verdict.notes.size(), 1U);
}

TEST(ServerCheck, KnowsLookAlikesByTheirOwnFields) {
  const auto name = [](std::string_view more) {
    return parse_info(std::string(kInfo) + std::string(more)).look_alike;
  };
  EXPECT_EQ(name("dragonfly_version:df-v1.21\r\n"), "Dragonfly");
  EXPECT_EQ(name("kvrocks_version:2.9\r\n"), "Kvrocks");
  EXPECT_EQ(name("mvcc_depth:0\r\n"), "KeyDB");
  EXPECT_EQ(name("server_name:valkey\r\nvalkey_version:8.0.1\r\n"), "");
}

TEST(ServerCheck, WarnsWhereScriptsMayNotReadInfo) {
  auto facts = good();
  facts.info_in_scripts = false;
  const auto verdict = verdict_of(facts);
  EXPECT_FALSE(verdict.refusal);
  ASSERT_EQ(verdict.warnings.size(), 1U);
  EXPECT_NE(verdict.warnings[0].find("does not let scripts read INFO"), std::string::npos);
}

}  // namespace
}  // namespace tributary::redis
