// desire.lua: the desired state of the whole group.
#include "integration/scripts/scripts_fixture.hpp"

namespace tributary::test {
namespace {

using DesireScript = ScriptsTest;

TEST_F(DesireScript, ChangesWhatIsAskedAndLeavesALineForEachField) {
  EXPECT_THAT(desire("me@here", "-", {"consumers", "7"}), ElementsAre("ok", "1", ""));
  EXPECT_THAT(desire("you@there", "1", {"consumers", "auto", "maximum", "20"}),
              ElementsAre("ok", "2", "7", ""));
  EXPECT_THAT(desire("me@here", "-", {"state", "stopped", "how", "now"}), ElementsAre("ok", "3", "", ""));
  EXPECT_THAT(desire("me@here", "3", {"how", ""}), ElementsAre("ok", "4", "now"));
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "consumers"}), "auto");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "maximum"}), "20");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "revision"}), "4");
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "changed_by"}), "me@here");
  EXPECT_EQ(redis_.integer({"HEXISTS", key("desired"), "how"}), 0);
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 6);
  const auto second = redis_.command({"XRANGE", key("changes"), "-", "+"}).elements[1].elements[1].elements;
  Words fields;
  for (const auto& field : second) fields.push_back(field.text);
  EXPECT_THAT(fields, ElementsAre("who", "you@there", "field", "consumers", "from", "7", "to", "auto",
                                  "revision", "2"));
}

TEST_F(DesireScript, WhatIsSoAlreadyIsNoChange) {
  desire("me@here", "-", {"state", "paused", "consumers", "7"});
  EXPECT_THAT(desire("you@there", "-", {"state", "paused"}), ElementsAre("ok", "1", "paused"));
  EXPECT_THAT(desire("you@there", "-", {"how", ""}), ElementsAre("ok", "1", ""));
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "changed_by"}), "me@here");
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 2);
  EXPECT_THAT(desire("you@there", "1", {"state", "paused", "consumers", "8"}),
              ElementsAre("ok", "2", "paused", "7"));
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 3);
}

TEST_F(DesireScript, BasedOnAnotherRevisionChangesNothingAndNamesWhoWasThereBefore) {
  desire("me@here", "-", {"consumers", "7"});
  desire("you@there", "-", {"consumers", "8"});
  EXPECT_THAT(desire("me@here", "1", {"consumers", "9"}), ElementsAre("conflict", "2", "you@there"));
  EXPECT_EQ(redis_.text({"HGET", key("desired"), "consumers"}), "8");
  EXPECT_EQ(redis_.integer({"XLEN", key("changes")}), 2);
}

TEST_F(DesireScript, RefusesRubbishWhole) {
  const std::vector<Words> rubbish = {{"consumers", "many"},    {"consumers", "-1"},
                                      {"consumers", "100001"},  {"consumers", "1.5"},
                                      {"state", "asleep"},      {"how", "fast"},
                                      {"minimum", "0"},         {"maximum", "100001"},
                                      {"batch_size", "0"},      {"batch_size", "10001"},
                                      {"idle_timeout_ms", "x"}, {"revision", "9"},
                                      {"changed_by", "x"},      {"colour", "red"},
                                      {"consumers", "1e3"},     {"consumers", std::string(40, '1')}};
  for (const auto& one : rubbish) {
    const auto answer = desire("me@here", "-", {"state", "paused", one[0], one[1]});
    EXPECT_EQ(answer[0], "invalid") << one[0] << " " << one[1];
    EXPECT_EQ(answer[1], one[0]);
  }
  EXPECT_THAT(desire("me@here", "-", {"minimum", "5", "maximum", "4"}),
              ElementsAre("invalid", "minimum", "not above maximum"));
  EXPECT_EQ(redis_.integer({"EXISTS", key("desired"), key("changes")}), 0);
}

TEST_F(DesireScript, LeavesAKeyOfAnotherTypeAlone) {
  redis_.command({"SET", key("desired"), "mine"});
  EXPECT_THAT(desire("me@here", "-", {"consumers", "7"}),
              ElementsAre("invalid", key("desired"), HasSubstr("a hash")));
  EXPECT_EQ(redis_.text({"GET", key("desired")}), "mine");
}

TEST_F(DesireScript, TheStreamOfChangesIsBounded) {
  for (int i = 0; i < 1500; ++i) desire("me@here", "-", {"consumers", std::to_string(i)});
  EXPECT_LE(redis_.integer({"XLEN", key("changes")}), 1100);
}

}  // namespace
}  // namespace tributary::test
