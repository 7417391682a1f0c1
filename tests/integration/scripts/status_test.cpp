// status.lua.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using StatusScript = ScriptsTest;

TEST_F(StatusScript, TellsEverythingAndWritesNothing) {
  EXPECT_EQ(status()["server-identity"], identity());
  join("a");
  beat("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3}));
  auto told = status();
  EXPECT_EQ(told["view"], "1.v1");
  EXPECT_EQ(told["member:a:backlog"], "7");
  EXPECT_EQ(told["leader"], "a");
  EXPECT_EQ(told["consumers"], "1");
  EXPECT_EQ(told["entries-added"], "3");
  EXPECT_EQ(told["stream-length"], "3");
  EXPECT_EQ(told["dead-length"], "0");
  EXPECT_EQ(told["server-identity"], identity());
}

}  // namespace
}  // namespace tributary::test
