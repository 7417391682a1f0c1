// A server in cluster mode runs every script of a group whose keys are in one slot: what a script touches it declares, and it
// touches nothing elsewhere. (That each key is declared, the simulation checks with every call.)
#include "integration/scripts/scripts_fixture.hpp"
#include "redis/group_keys.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class ScriptsInACluster : public ScriptsTest {
 protected:
  ScriptsInACluster() : ScriptsTest({"cluster-enabled yes"}, "{out}:dead", "{out}:list") {
    redis_.command({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
    EXPECT_TRUE(wait_until(
        [&] {
          return redis_.text({"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
        },
        kPatience));
  }
};

TEST_F(ScriptsInACluster, EveryScriptWorks) {
  EXPECT_EQ(join("a")[0], "ok");
  EXPECT_EQ(join("b")[0], "ok");
  EXPECT_EQ(beat("a", {.publishes = true, .active = "1"})[0], "ok");
  EXPECT_EQ(list({"LRANGE", "{out}:list", "0", "-1"}).size(), 2u);
  EXPECT_EQ(commit("a", "1.v1:0", 0, entries("1.v1", {1}), true, "1000")[0], "ok");
  EXPECT_EQ(commit("b", "2.v2:1", 0, {"d", "1", "4", "message_id", "m", "position", "2.v2:2"})[0], "ok");
  EXPECT_EQ(redis_.integer({"XLEN", "{out}:dead"}), 1);
  EXPECT_EQ(claim("b", "1.v1:0", "-")[0], "ok");
  EXPECT_EQ(sweep("a", {"1.v1:0", "1"})[0], "ok");
  EXPECT_EQ(install("a", view(), "a/1,b/2")[0], "ok");
  EXPECT_EQ(run(Script::declare, {"out", "a", nonce_, "lost", "why", "1.v1", "0", "0", "1", "1"})[0], "ok");
  EXPECT_EQ(revive("a", "9.x", "aa/bb", "a/1/1/0", nonce_)[0], "refused");
  EXPECT_EQ(desire("me@here", "-", {"consumers", "3"})[0], "ok");
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 1);
  EXPECT_EQ(status()["dead-length"], "1");
  EXPECT_EQ(leave("b")[0], "leaving");
  EXPECT_EQ(leave("b", {.step = kAtOnce})[0], "left");
  const auto letter = redis_.command({"XRANGE", "{out}:dead", "-", "+"}).elements.at(0).elements.at(0).text;
  EXPECT_THAT(words_of(redis_.command({"EVAL", body_of(redis::retry_script()), "2", "out", "{out}:dead", "0",
                                       letter, "n", "1", "2.v2:2"})),
              ElementsAre("dropped"));
}

TEST_F(ScriptsInACluster, AWindowForIdsWorks) {
  join("a");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(
        commit_once("a", "1.v1:0", i, {"t", "1", "message_id", "c", "x", "1.v1:" + std::to_string(i + 1)})[0],
        "ok");
  }
  EXPECT_EQ(redis_.integer({"XLEN", "out"}), 1);
  EXPECT_EQ(field("duplicates"), "1");
}

TEST_F(ScriptsInACluster, ATransactionWorks) {
  join("a");
  redis_.command({"MULTI"});
  redis_.command({"EVAL", body_of(redis::may_settle_script()), "3", key("state"), "out", "{out}:dead"});
  redis_.command({"XADD", "out", "*", "message_id", "m", "position", "1.v1:1"});
  redis_.command({"EVAL", body_of(redis::settle_script()), "3", key("state"), "out", "{out}:dead", "a",
                  "1.v1:0", "0", "1", "1000", "1", "1.v1:1", "1.v1:1", "0", "", ""});
  EXPECT_EQ(words_of(redis_.command({"EXEC"})).back(), "ok 1");
}

TEST_F(ScriptsInACluster, TheKeysThatNodesUseAreTheOnesTestedHere) {
  const redis::GroupNames names{"out", "{out}:dead", "{out}:list"};
  for (const auto& script : redis::all_scripts()) {
    const auto name = static_cast<Script>(&script - redis::all_scripts().data());
    const auto keys = redis::keys_of(name, names);
    for (const auto& one : keys)
      EXPECT_EQ(redis_.integer({"CLUSTER", "KEYSLOT", one}), redis_.integer({"CLUSTER", "KEYSLOT", "out"}))
          << one;
    EXPECT_EQ(keys, keys_of(name)) << script.name;
  }
}

}  // namespace
}  // namespace tributary::test
