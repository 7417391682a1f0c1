#include <gtest/gtest.h>

#include "redis/scripts.hpp"
#include "support/redis_server.hpp"

namespace tributary::test {
namespace {

TEST(EmbeddedScripts, AreKnownToTheServerByTheirSha) {
  RedisServer server;
  auto client = server.client();
  const auto& listed = redis::all_scripts();
  std::vector<redis::Script> scripts(listed.begin(), listed.end());
  for (const auto& other : {redis::retry_script(), redis::settle_script(), redis::may_settle_script()}) {
    scripts.push_back(other);
  }
  for (const auto& script : scripts) {
    EXPECT_EQ(client.text({"SCRIPT", "LOAD", std::string(script.body)}), script.sha) << script.name;
  }
}

}  // namespace
}  // namespace tributary::test
