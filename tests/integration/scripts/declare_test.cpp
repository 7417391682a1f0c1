// declare.lua: lines of the loss ledger.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using DeclareScript = ScriptsTest;

TEST_F(DeclareScript, WritesALineForEachSevenValues) {
  EXPECT_THAT(run(Script::declare, {"out", "a", "-", "lost", "why", "1.x", "0", "3", "9", "4", "possible",
                                    "other", "-", "-", "-", "-", "2"}),
              ElementsAre("ok"));
  const auto lines = stream(key("losses"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (std::map<std::string, std::string>{{"kind", "lost"},
                                                          {"reason", "why"},
                                                          {"view", "1.x"},
                                                          {"lane", "0"},
                                                          {"after", "3"},
                                                          {"to", "9"},
                                                          {"messages", "4"},
                                                          {"by", "a"}}));
  EXPECT_EQ(lines[1].at("messages"), "2");
  EXPECT_EQ(lines[1].at("kind"), "possible");
}

}  // namespace
}  // namespace tributary::test
