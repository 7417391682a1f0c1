#include "process/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

struct Added final : FieldSink {
  void add(std::string_view name, std::string_view value) override { all.emplace_back(name, value); }
  std::vector<std::pair<std::string, std::string>> all;
};

struct Read {
  bool good = false;
  Outcome outcome = Outcome::append;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string reason;
};

Read read(std::string_view answer) {
  AnswerReader reader;
  Added added;
  Read read;
  read.good = reader.read(answer, read.outcome, added, read.reason);
  read.fields = added.all;
  return read;
}

TEST(AnswerTest, AnEmptyObjectAppendsTheMessageAsItIs) {
  for (const auto* answer : {"{}", " { } ", "{\"fields\":{}}"}) {
    const auto result = read(answer);
    EXPECT_TRUE(result.good) << answer;
    EXPECT_EQ(result.outcome, Outcome::append);
    EXPECT_THAT(result.fields, IsEmpty());
  }
}

TEST(AnswerTest, FieldsAreStringsAsTheyAreAndOtherValuesAsJson) {
  const auto result =
      read(R"({"fields": {"a": "x\ny", "b": 1.5, "c": {"d": [1, "two"]}, "e": true, "f": null}})");
  ASSERT_TRUE(result.good);
  EXPECT_THAT(result.fields, ElementsAre(Pair("a", "x\ny"), Pair("b", "1.5"), Pair("c", R"({"d":[1,"two"]})"),
                                         Pair("e", "true"), Pair("f", "null")));
}

TEST(AnswerTest, AMessageIsDroppedTriedAgainOrGivenUp) {
  EXPECT_EQ(read(R"({"drop":true})").outcome, Outcome::drop);
  const auto failed = read(R"({"fail":"no stock"})");
  EXPECT_EQ(failed.outcome, Outcome::fail);
  EXPECT_EQ(failed.reason, "no stock");
  EXPECT_EQ(read(R"({"dead":"no such order"})").outcome, Outcome::dead);
}

TEST(AnswerTest, WhatIsNoAnswerIsNamedWithItsStart) {
  for (const auto* answer :
       {"", "ok", "[]", "null", "{", "{} {}", R"({"drop":false})", R"({"drop":1})", R"({"fail":1})",
        R"({"fields":[]})", R"({"field":{}})", R"({"fields":{},"drop":true})", "{\"fail\":\"\xff\"}"}) {
    const auto result = read(answer);
    EXPECT_FALSE(result.good) << answer;
    EXPECT_THAT(result.reason, HasSubstr("its answer ")) << answer;
  }
  EXPECT_THAT(read("Traceback:\n\x1b[31m\"x\"").reason,
              HasSubstr(R"(is not JSON: "Traceback:\x0a\x1b[31m"x"")"));
  EXPECT_THAT(read(std::string(1000, 'x')).reason, HasSubstr("x\"..."));
}

}  // namespace
}  // namespace tributary::process
