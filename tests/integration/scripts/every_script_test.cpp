// What all scripts refuse alike.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using EveryScript = ScriptsTest;

TEST_F(EveryScript, EveryScriptButCommitDeclareAndStatusRefusesAStranger) {
  const std::vector<std::pair<Script, Words>> calls = {
      {Script::beat, {"1", "-", "0", "-", "-", "-", "1000", "1000", "4", "v", "0"}},
      {Script::install, {"1.x", "v", "a/1", "1000"}},
      {Script::claim, {"1.x:0", "-"}},
      {Script::sweep, {"1.x"}},
      {Script::leave, {"0", "v", "1000", "1000", "0", "-", "-", "-", identity()}},
      {Script::revive, {"1.x", "r/p", "a/1/1/0", "n"}}};
  const auto answer = [&](const std::pair<Script, Words>& call, const std::string& nonce) {
    Words arguments{"out", "stranger", nonce};
    arguments.insert(arguments.end(), call.second.begin(), call.second.end());
    return run(call.first, arguments);
  };
  for (const auto& call : calls) EXPECT_THAT(answer(call, "any"), ElementsAre("nostate"));
  EXPECT_EQ(redis_.integer({"DBSIZE"}), 0) << "without state nothing is written";
  join("a");
  const auto before = state_text();
  for (const auto& call : calls) {
    EXPECT_THAT(answer(call, "other"), ElementsAre("nonce", nonce_));
    const auto refused = answer(call, nonce_);
    EXPECT_EQ(refused.front(), call.first == Script::leave ? "left" : "nomember");
  }
  EXPECT_EQ(state_text(), before);
  restart();
  for (const auto& call : calls) EXPECT_THAT(answer(call, nonce_), ElementsAre("identity", identity()));
  EXPECT_EQ(state_text(), before);
}

TEST_F(EveryScript, OutOfMemoryAndReplicasAreRefusedBeforeAnythingIsDone) {
  join("a");
  const auto before = state_text();
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  redis_.command({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(join("b").front(), StartsWith("OOM"));
  EXPECT_THAT(commit("a", view() + ":0", 0, entries(view(), {1})).front(), StartsWith("OOM"));
  redis_.command({"CONFIG", "SET", "maxmemory", "0"});
  redis_.command({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(join("b").front(), StartsWith("READONLY"));
  redis_.command({"REPLICAOF", "NO", "ONE"});
  EXPECT_EQ(state_text(), before);
  EXPECT_FALSE(subscriber.receive(50ms)) << "a refused script published a marker";
}

}  // namespace
}  // namespace tributary::test
