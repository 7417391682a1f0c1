// status.lua.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using StatusScript = ScriptsTest;

TEST_F(StatusScript, TellsEverythingAndWritesNothing) {
  EXPECT_THAT(run(Script::status, {"out", "-", "-", "out:dead"}), testing::Contains("server-identity"));
  join("a");
  beat("a");
  commit("a", "1.v1:0", 0, entries("1.v1", {1, 2, 3}));
  const auto flat = run(Script::status, {"out", "-", "-", "out:dead"});
  std::map<std::string, std::string> status;
  for (std::size_t i = 0; i + 1 < flat.size(); i += 2) status[flat[i]] = flat[i + 1];
  EXPECT_EQ(status["view"], "1.v1");
  EXPECT_EQ(status["member:a:backlog"], "7");
  EXPECT_EQ(status["leader"], "a");
  EXPECT_EQ(status["consumers"], "1");
  EXPECT_EQ(status["entries-added"], "3");
  EXPECT_EQ(status["stream-length"], "3");
  EXPECT_EQ(status["dead-length"], "0");
  EXPECT_EQ(status["server-identity"], identity());
}

}  // namespace
}  // namespace tributary::test
