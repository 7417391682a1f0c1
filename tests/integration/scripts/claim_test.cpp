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
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-"));
  EXPECT_THAT(claim("b", "1.v1:0", "a1"), ElementsAre("ok", "1", "-")) << "a lost answer's repetition";
  EXPECT_THAT(claim("a2", "1.v1:0", "a1"), ElementsAre("owned", "b")) << "too late";
  EXPECT_THAT(claim("a2", "1.v1:3", "-"), ElementsAre("gone"));
  EXPECT_THAT(claim("a1", "1.v1:0", "b"), ElementsAre("nomember", "")) << "not listed any more";
  EXPECT_THAT(commit("a1", "1.v1:0", 1, entries("1.v1", {2})), ElementsAre("fenced", "b"));
  EXPECT_EQ(lane("1.v1", 0), "b 1 -");
  expect_positions_match();
}

}  // namespace
}  // namespace tributary::test
