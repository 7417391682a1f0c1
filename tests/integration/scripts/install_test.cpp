// install.lua: views that the leader makes.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using InstallScript = ScriptsTest;

TEST_F(InstallScript, ReplacesOnlyTheViewItNamesAndKeepsWhoIsPresent) {
  join("a");
  join("b");
  EXPECT_THAT(install("a", "1.v1", "a/1"), ElementsAre("changed", "2.v2"));
  EXPECT_EQ(install("a", "2.v2", "a/3")[0], "ok");
  EXPECT_EQ(field("view:" + view()), identity() + " a/3/1/0,b/1/2/0") << "b is present after all";
  let_lapse("b");
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", key("control")});
  const auto before = view();
  const auto answer = install("a", before, "a/1");
  EXPECT_THAT(subscriber.receive(kPatience)->elements.at(2).text,
              HasSubstr(" " + answer[1] + " " + before + " "));
  EXPECT_EQ(field("view:" + view()), identity() + " a/1/1/0");
  EXPECT_THAT(consumers(), ElementsAre("a.1"));
  EXPECT_THAT(install("a", before, "a/1"), ElementsAre("changed", answer[1])) << "a lost answer's repetition";
  EXPECT_THAT(beat("b"), ElementsAre("nomember", ""));
}

}  // namespace
}  // namespace tributary::test
