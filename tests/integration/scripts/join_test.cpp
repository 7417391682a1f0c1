// join.lua: who gets into a group, and who does not.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using JoinScript = ScriptsTest;

TEST_F(JoinScript, StartsAGroupWithViewMarkerPresenceAndConsumers) {
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto answer = join("a", {.weight = 2});
  EXPECT_THAT(answer, ElementsAre("ok", "1.v1", "a/2/1/0", identity(), "group1", "0", "nobody"));
  EXPECT_EQ(view(), "1.v1");
  EXPECT_EQ(field("view:1.v1"), identity() + " a/2/1/0");
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  EXPECT_EQ(field("nothing"), identity());
  EXPECT_THAT(consumers(), ElementsAre("a.1", "a.2"));
  EXPECT_EQ(redis_.text({"GET", "list:group"}), "out");
  EXPECT_GT(redis_.integer({"PTTL", "list"}), 0);
  EXPECT_GT(redis_.integer({"PTTL", "list:group"}), 0);
  EXPECT_EQ(floor_of("a"), "0") << "blocks every sweep until the first beat";
  EXPECT_GT(left_ms("a"), 0);
  const auto message = subscriber.receive(kPatience);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->elements.at(2).text, "tributary/1 marker group1 1.v1 - " + identity() + " 0 a/2/1/0");
}

TEST_F(JoinScript, ASecondJoinMakesAViewOfBothAndKeepsTheFirstOnesLane) {
  join("a");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  EXPECT_THAT(join("b"), ElementsAre("ok", "2.v2", "a/1/1/0,b/1/2/0", identity(), "group1", "0", "others"));
  EXPECT_EQ(lane("1.v1", 0), "a 0 -");
  EXPECT_EQ(lane("2.v2", 0), "a 0 -");
  EXPECT_EQ(lane("2.v2", 1), "b 0 -");
  EXPECT_THAT(consumers(), ElementsAre("a.1", "b.1"));
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text, HasSubstr(" 2.v2 1.v1 "));
}

TEST_F(JoinScript, ByKeysAMemberHasTwoLanesAndTheMarkerNamesTheMembersBefore) {
  join("a", {.fingerprint = "keyed print"});
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  join("b", {.fingerprint = "keyed print"});
  for (const auto& [index, owner] : {std::pair{0, "a"}, {1, "b"}, {2, "a"}, {3, "b"}})
    EXPECT_EQ(lane("2.v2", index), std::string(owner) + " 0 -");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text,
              testing::EndsWith(" 0 a/1/1/0,b/1/2/0 a/1/1/0"));
}

TEST_F(JoinScript, CalledAgainOnlyAnswers) {
  const auto first = join("a");
  join("b");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto before = state_text();
  auto again = join("a");
  EXPECT_EQ(again[1], "2.v2");
  EXPECT_EQ(again[6], "nobody")
      << "was there before it: what it read before the first view is its to declare";
  EXPECT_EQ(join("b")[6], "others");
  EXPECT_EQ(state_text(), before);
  EXPECT_FALSE(subscriber.receive(50ms));
}

TEST_F(JoinScript, FormerMembersVanishFromViewAndPresenceButTheirLanesStay) {
  join("a1");
  join("b");
  join("a2", {.former = "a0,a1"});
  EXPECT_EQ(field("view:" + view()), identity() + " b/1/2/0,a2/1/3/0");
  EXPECT_FALSE(has_presence("a1"));
  EXPECT_EQ(lane("1.v1", 0), "a1 0 -");
  EXPECT_THAT(consumers(), ElementsAre("b.1", "a2.1"));
}

TEST_F(JoinScript, ANewViewsNumberIsAboveAllThatTheJoinerSaw) {
  EXPECT_EQ(join("a", {.highest = "41"})[1], "42.v1");
  EXPECT_EQ(join("b", {.highest = "7"})[1], "43.v2");
}

TEST_F(JoinScript, ALoneStandbyGetsALaneSoThatMessagesBelongToSomebody) {
  EXPECT_EQ(join("a", {.weight = 0})[2], "a/1/1/0");
  EXPECT_EQ(lane(view(), 0), "a 0 -");
}

TEST_F(JoinScript, AnotherFingerprintIsRefusedWhileTheGroupLives) {
  join("a");
  const auto before = state_text();
  EXPECT_THAT(join("b", {.fingerprint = "else"}), ElementsAre("fingerprint", "print"));
  EXPECT_EQ(state_text(), before);
  let_lapse("a");
  EXPECT_EQ(join("b", {.fingerprint = "else"})[0], "ok");
  EXPECT_EQ(field("fingerprint"), "else");
}

// It would own a lane of a view whose marker it never reads: that goes to another channel, or on another kind of it.
TEST_F(JoinScript, WhoIsSilentAndReadsSomethingElseIsNoMemberAnyMore) {
  join("a");
  beat("a", {.publishes = true});
  let_lapse("a");
  const auto answer = join("b", {.fingerprint = "else"});
  EXPECT_THAT(answer[2], StartsWith("b/"));
  EXPECT_THAT(answer[2], Not(HasSubstr("a/")));
  EXPECT_EQ(answer.back(), "nobody");
  EXPECT_FALSE(has_presence("a"));
  EXPECT_EQ(beat("a")[0], "nomember");
  EXPECT_THAT(join("a2", {.former = "a"}), ElementsAre("fingerprint", "else"));
}

TEST_F(JoinScript, AnotherProtocolOrAListInUseIsRefused) {
  join("a");
  const auto before = state_text();
  EXPECT_THAT(join("b", {.protocol = "3"}), ElementsAre("protocol", "2"));
  redis_.command({"SET", "list:group", "theirs"});
  EXPECT_THAT(join("b"), ElementsAre("list", "list", "theirs"));
  EXPECT_EQ(state_text(), before);
}

TEST_F(JoinScript, LanesOfTheSameNodeGoOnInItIfItHoldsThem) {
  join("a1");
  join("b");
  join("a2", {.former = "a1", .holds = "2.v2"});
  EXPECT_EQ(lane("1.v1", 0), "a1 0 -") << "not held: anybody may claim it";
  EXPECT_EQ(lane("2.v2", 0), "a2 0 -");
  EXPECT_EQ(lane("2.v2", 1), "b 0 -");
}

TEST_F(JoinScript, TellsWhoWasThereBefore) {
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto previous = [&] {
    return split_words(subscriber.receive(kPatience)->elements.at(2).text, ' ').at(4);
  };
  EXPECT_EQ(join("a")[6], "nobody");
  EXPECT_EQ(previous(), "-");
  EXPECT_EQ(join("b")[6], "others");
  EXPECT_EQ(previous(), "1.v1");
  let_lapse("a");
  let_lapse("b");
  EXPECT_EQ(join("c")[6], "silent") << "a and b may be dead, or only paused";
  EXPECT_EQ(previous(), "-") << "what came before it has nobody, as far as anybody knows";
  EXPECT_EQ(join("d", {.former = "c"})[6], "silent");
}

TEST_F(JoinScript, WithTooManyLanesOpenNobodyNewGetsIn) {
  join("a");
  Words lanes{"HSET", key("state")};
  for (int i = 0; i < 2000; ++i) {
    lanes.push_back("lane:0.x" + std::to_string(i) + ":0");
    lanes.push_back("gone 0 -");
  }
  redis_.command(lanes);
  const auto before = state_text();
  EXPECT_THAT(join("b"), ElementsAre("full", "2001"));
  EXPECT_EQ(state_text(), before);
  EXPECT_EQ(join("a2", {.former = "a"})[0], "ok") << "who was in it comes back: it may finish some of them";
}

TEST_F(JoinScript, AGroupOfAnOlderProtocolGoesOnWithTheNewOneOnceAllHaveDrainedAndLeft) {
  join("a");
  const auto view = field("view");
  EXPECT_THAT(join("b", {.protocol = "3"}), ElementsAre("protocol", "2")) << "somebody is there";
  redis_.command({"HSET", key("state"), "view:" + view, "i/i -"});
  EXPECT_THAT(join("b", {.protocol = "3"}), ElementsAre("protocol", "2")) << "a lane is open";
  redis_.command({"HDEL", key("state"), "lane:" + view + ":0"});
  const auto nonce = nonce_;
  EXPECT_EQ(join("b", {.protocol = "3"})[0], "ok");
  EXPECT_EQ(field("protocol"), "3");
  EXPECT_EQ(nonce_, nonce) << "the same group";
  EXPECT_EQ(field("view").substr(0, 2), "2.") << "view numbers go on";
}

TEST_F(JoinScript, TheStateOfALaterProtocolIsNeitherUnderstoodNorTouched) {
  redis_.command({"HSET", key("state"), "protocol", "3", "nonce", "n", "all-else", "is new"});
  const auto before = state_text();
  EXPECT_THAT(join("a"), ElementsAre("protocol", "3"));
  redis_.command({"HSET", key("state"), "protocol", "3b"});
  EXPECT_THAT(join("a"), ElementsAre("protocol", "3b"));
  redis_.command({"HSET", key("state"), "protocol", "3"});
  EXPECT_EQ(state_text(), before);
}

TEST_F(JoinScript, AKeyOfTheWrongTypeIsNamedAndNothingWritten) {
  for (const auto& [name, kind] : std::vector<std::pair<std::string, std::string>>{{key("state"), "hash"},
                                                                                   {key("members"), "hash"},
                                                                                   {key("losses"), "stream"},
                                                                                   {"out", "stream"},
                                                                                   {"list", "list"}}) {
    redis_.command({"FLUSHALL"});
    redis_.command({"SET", name, "text"});
    EXPECT_THAT(join("a"), ElementsAre("wrongtype", name, "string", kind));
    EXPECT_EQ(redis_.integer({"DBSIZE"}), 1);
  }
  redis_.command({"FLUSHALL"});
  redis_.command({"SADD", key("leader"), "x"});
  EXPECT_THAT(join("a"), ElementsAre("wrongtype", key("leader"), "set", "string"));
}

}  // namespace
}  // namespace tributary::test
