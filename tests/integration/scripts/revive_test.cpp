// revive.lua: views that Redis lost.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using ReviveScript = ScriptsTest;

TEST_F(ReviveScript, OpensWhatWasLostAfterTheLastSurvivorOnce) {
  join("a");
  const auto old = identity();
  restart();
  join("b", {.highest = "5", .seen = old});
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0,s/0/2/0,c/1/3/0", nonce_), ElementsAre("revived"));
  EXPECT_EQ(field("view:3.lost"), old + " a/1/1/0,s/0/2/0,c/1/3/0");
  EXPECT_EQ(lane("3.lost", 0), "- 0 -");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "lane:3.lost:1"}), 0);
  EXPECT_EQ(lane("3.lost", 2), "- 0 -");
  EXPECT_THAT(claim("b", "3.lost:0", "-"), ElementsAre("ok", "0", "-", "0"));
  commit("b", "3.lost:0", 0, entries("3.lost", {1}));
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0,s/0/2/0,c/1/3/0", nonce_), ElementsAre("survived"));
  EXPECT_EQ(lane("3.lost", 0), "b 1 -") << "not opened again";
  beat("b", {.lengths = "3.lost:2:1/0/2"});
  commit("b", "3.lost:0", 1, {}, false);
  claim("b", "3.lost:2", "-");
  commit("b", "3.lost:2", 0, entries("3.lost", {2}));
  EXPECT_THAT(revive("b", "3.lost", old, "a/1/1/0", nonce_), ElementsAre("survived"))
      << "nor after it was closed";
  EXPECT_THAT(revive("b", "4.lost", old, "a/1/1/0", nonce_), ElementsAre("revived"));
  EXPECT_EQ(field("epoch:" + old), "1 1 3.lost+4.lost");
}

TEST_F(ReviveScript, RefusesWhatSurvivedWhatIsNotOverAndWhatIsTooOld) {
  join("a");
  join("a2", {.former = "a"});
  const auto old = identity();
  restart();
  join("b", {.highest = "5", .seen = old});
  redis_.command({"HSET", key("state"), "nothing", "-"});
  EXPECT_THAT(revive("b", "1.v1", old, "a/1/1/0", nonce_), ElementsAre("survived"));
  EXPECT_THAT(revive("b", "2.v2", old, "a2/1/1/0", nonce_), ElementsAre("survived"));
  EXPECT_THAT(revive("b", "9.x", identity(), "a/1/1/0", nonce_),
              ElementsAre("refused", HasSubstr("did not go back")));
  EXPECT_THAT(revive("b", "9.x", "ee/ff", "a/1/1/0", nonce_)[0], "refused") << "an identity without record";
  EXPECT_THAT(revive("b", "9.x", old, "a/1/1/0", "deleted")[0], "refused")
      << "read under a state that was deleted";
  redis_.command({"HSET", key("state"), "trimmed", "9"});
  EXPECT_THAT(revive("b", "9.x", old, "a/1/1/0", nonce_)[0], "refused") << "at the highest number trimmed";
  EXPECT_THAT(revive("b", "10.x", old, "a/1/1/0", nonce_), ElementsAre("revived"));
}

TEST_F(ReviveScript, ViewsOfAnotherNonceAreRevivedOnlyIfRedisWentBackToNothing) {
  join("b", {.highest = "5", .seen = "aa/bb"});
  ASSERT_EQ(field("nothing"), identity());
  EXPECT_THAT(revive("b", "3.x", "aa/bb", "a/1/1/0", "before"), ElementsAre("revived"));
  EXPECT_THAT(revive("b", "6.x", "aa/bb", "a/1/1/0", "before")[0], "refused")
      << "of a group that came after this one, whose deletion the server forgot";
  redis_.command({"HSET", key("state"), "nothing", "aa/bb"});
  EXPECT_THAT(revive("b", "4.x", "aa/bb", "a/1/1/0", "before")[0], "refused")
      << "the group began under that very identity: what its messages were is in the stream already";
  redis_.command({"HSET", key("state"), "nothing", "-"});
  EXPECT_THAT(revive("b", "4.x", "aa/bb", "a/1/1/0", "before")[0], "refused");
}

}  // namespace
}  // namespace tributary::test
