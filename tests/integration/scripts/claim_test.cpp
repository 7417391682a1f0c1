// claim.lua: lanes whose owner is gone.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using ClaimScript = ScriptsTest;

TEST_F(ClaimScript, TakesOnlyALaneWhoseOwnerIsGoneAndWasTheOneSeen) {
  join("a1");
  join("b");
  commit("a1", "1.v1:0", 0, entries("1.v1", {1}));
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("owned", "a1")) << "the owner is listed";
  join("a2", {.former = "a1"});
  EXPECT_THAT(claim("b", "1.v1:0", "-"), ElementsAre("owned", "a1")) << "another owner was seen";
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-", "1"));
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-", "1")) << "a lost answer's repetition";
  EXPECT_THAT(claim("a2", "1.v1:0", "a1"), ElementsAre("owned", "b")) << "too late";
  EXPECT_THAT(claim("a2", "1.v1:3", "-"), ElementsAre("gone"));
  EXPECT_THAT(claim("a1", "1.v1:0", "b"), ElementsAre("nomember", "")) << "not listed any more";
  EXPECT_THAT(commit("a1", "1.v1:0", 1, entries("1.v1", {2})), ElementsAre("fenced", "b"));
  EXPECT_EQ(lane("1.v1", 0), "b 1 - 1");
  expect_positions_match();
}

// A message may be the end of whoever has it.
TEST_F(ClaimScript, OwnersThatGoWithoutProgressAreCounted) {
  for (const auto* member : {"a", "b", "c", "d"}) join(member);
  commit("a", "1.v1:0", 0, entries("1.v1", {1}));
  let_lapse("a");
  let_lapse("b");
  EXPECT_EQ(install("d", view(), "c/1,d/1")[0], "ok");
  EXPECT_THAT(claim("c", "1.v1:0", "a"), ElementsAre("ok", "1", "-", "1"));
  EXPECT_EQ(lane("1.v1", 0), "c 1 - 1");
  let_lapse("c");
  EXPECT_EQ(install("d", view(), "d/1")[0], "ok");
  EXPECT_THAT(claim("d", "1.v1:0", "c"), ElementsAre("ok", "1", "-", "2"));
  EXPECT_EQ(lane("1.v1", 0), "d 1 - 2");
  EXPECT_THAT(commit("d", "1.v1:0", 1, entries("1.v1", {5})), ElementsAre("ok", "5"));
  EXPECT_EQ(lane("1.v1", 0), "d 5 -") << "progress";
}

TEST_F(ClaimScript, OnlyTheOldestLaneOfTheDeadCountsItsDeath) {
  join("a");
  const auto first = view();
  join("b");
  const auto second = view();
  let_lapse("a");
  EXPECT_EQ(install("b", second, "b/1")[0], "ok");
  EXPECT_THAT(claim("b", second + ":0", "a"), ElementsAre("ok", "0", "-", "0")) << "it had not come to that";
  EXPECT_THAT(claim("b", first + ":0", "a"), ElementsAre("ok", "0", "-", "1"));
  EXPECT_EQ(lane(first, 0), "b 0 - 1");
}

TEST_F(ClaimScript, TheOtherLanesOfTheDeadBelongToNobody) {
  join("a");
  const auto first = view();
  join("b");
  const auto second = view();
  let_lapse("a");
  EXPECT_EQ(install("b", second, "b/1")[0], "ok");
  EXPECT_THAT(claim("b", first + ":0", "a"), ElementsAre("ok", "0", "-", "1"));
  EXPECT_EQ(lane(second, 0), "- 0 -");
  EXPECT_THAT(claim("b", second + ":0", "a"), ElementsAre("ok", "0", "-", "0"))
      << "who saw the dead may have it";
}

}  // namespace
}  // namespace tributary::test
