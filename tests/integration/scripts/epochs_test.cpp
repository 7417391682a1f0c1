// join.lua at a server that is not the one the state was written at.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using EpochScript = ScriptsTest;

TEST_F(EpochScript, AnotherServerProcessClosesTheEpochAndKeepsTheLanes) {
  join("a");
  const auto old = identity();
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2}));
  join("b");
  restart();
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto answer = join("c", {.highest = "2", .seen = old, .nonce = nonce_});
  EXPECT_THAT(answer, ElementsAre("ok", "3.v3", "c/1/3/0", identity(), "group1", "0", "nobody"));
  EXPECT_NE(identity(), old);
  EXPECT_EQ(field("epoch:" + old), "1 2 -");
  EXPECT_THAT(losses(), ElementsAre("epoch ended: later views unknown"));
  EXPECT_FALSE(has_presence("a")) << "presence restored from disk is forgotten";
  EXPECT_THAT(list({"HKEYS", key("members")}), ElementsAre("c"));
  EXPECT_EQ(lane("1.v1", 0), "a 2 -");
  EXPECT_EQ(lane("2.v2", 1), "b 0 -");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text, HasSubstr(" 3.v3 - " + identity()))
      << "what came before it in this process is nobody's";
  // A repetition is not another end.
  EXPECT_EQ(join("c")[6], "nobody");
  EXPECT_THAT(losses(), testing::SizeIs(1));
  expect_positions_match();
}

TEST_F(EpochScript, ANewReplicationIdAloneEndsTheEpochToo) {
  join("a");
  const auto old = identity();
  redis_.command({"REPLICAOF", "127.0.0.1", "1"});
  redis_.command({"REPLICAOF", "NO", "ONE"});
  ASSERT_NE(identity(), old);
  ASSERT_EQ(identity().substr(0, 40), old.substr(0, 40));
  EXPECT_THAT(beat("a"), ElementsAre("identity", identity()));
  EXPECT_EQ(join("b")[6], "silent") << "a may have read what came before";
  EXPECT_EQ(field("epoch:" + old), "1 1 -");
}

// It did not leave the group that came after: what it holds may be in no stream any more.
TEST_F(EpochScript, WhoWasAMemberBeforeHasNotLeft) {
  join("a");
  join("b");
  const auto old = identity();
  restart();
  join("c");
  EXPECT_THAT(leave("a", {.identity = old}), ElementsAre("identity", identity()));
  EXPECT_THAT(leave("b", {.step = kDrained, .identity = old}), ElementsAre("identity", identity()));
  EXPECT_THAT(leave("b", {.step = kAtOnce, .identity = old}), ElementsAre("left"));
  EXPECT_THAT(leave("d"), ElementsAre("left")) << "its first call got in, and no answer came";
}

TEST_F(EpochScript, AnIdentityThatLeftNoRecordIsRecordedByWhoSawIt) {
  join("a", {.seen = "aa/bb"});
  EXPECT_EQ(field("epoch:aa/bb"), "1 0 -");
  join("b", {.seen = "aa/bb,cc/dd," + identity()});
  EXPECT_EQ(field("epoch:cc/dd"), "2 0 -");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("state"), "epoch:" + identity()}), 0);
  EXPECT_THAT(losses(), testing::SizeIs(2));
}

TEST_F(EpochScript, TheLastEightEpochsAreKeptAndTheHighestNumberOfTheOthers) {
  join("a", {.highest = "98"});
  const auto first = identity();
  std::string seen;
  for (char c = 'a'; c <= 'h'; ++c) seen += (seen.empty() ? "" : ",") + std::string(2, c) + "/00";
  restart();
  join("b", {.seen = seen});
  EXPECT_EQ(field("epoch:" + first), "") << "the oldest of nine is trimmed";
  EXPECT_EQ(field("trimmed"), "99");
  EXPECT_EQ(field("epoch:hh/00"), "9 0 -");
}

TEST_F(EpochScript, TheHighestNumberTrimmedIsThatOfARevivedViewToo) {
  join("a", {.seen = "aa/bb"});
  restart();
  join("b", {.highest = "60", .seen = "aa/bb"});
  revive("b", "50.x", "aa/bb", "a/1/1/0", nonce_);
  std::string seen;
  for (char c = 'c'; c <= 'i'; ++c) seen += (seen.empty() ? "" : ",") + std::string(2, c) + "/00";
  join("c", {.seen = seen});
  EXPECT_EQ(field("epoch:aa/bb"), "");
  EXPECT_EQ(field("trimmed"), "50");
}

TEST_F(EpochScript, ADeletedStateCountsAsNothingOnlyIfStreamAndServerAreNewToo) {
  join("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  redis_.command({"DEL", key("state")});
  EXPECT_EQ(join("b")[4], "group2") << "a new nonce";
  EXPECT_EQ(field("nothing"), "-") << "the stream has entries";
  redis_.command({"DEL", key("state")});
  redis_.command({"XTRIM", "out", "MAXLEN", "0"});
  join("b");
  EXPECT_EQ(field("nothing"), "-") << "the stream had entries";
  redis_.command({"FLUSHALL"});
  join("b", {.seen = "aa/bb," + identity()});
  EXPECT_EQ(field("nothing"), "-") << "this server had a group before";
  redis_.command({"FLUSHALL"});
  join("b", {.highest = "9", .seen = "aa/bb"});
  EXPECT_EQ(field("nothing"), identity());
  EXPECT_EQ(view().substr(0, 3), "10.");
}

}  // namespace
}  // namespace tributary::test
