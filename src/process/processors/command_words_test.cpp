#include "process/processors/command_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tributary::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> words(std::string_view command) {
  auto result = command_words(command);
  EXPECT_TRUE(result.ok()) << command;
  return result.ok() ? result.value() : std::vector<std::string>();
}

std::string problem(std::string_view command) {
  const auto result = command_words(command);
  EXPECT_FALSE(result.ok()) << command;
  if (result.ok()) return "";
  EXPECT_EQ(result.error().kind, ErrorKind::usage);
  return result.error().message;
}

TEST(CommandWordsTest, AreDividedAtBlanks) {
  EXPECT_THAT(words("python3 work.py"), ElementsAre("python3", "work.py"));
  EXPECT_THAT(words("  a \t b\n"), ElementsAre("a", "b"));
}

TEST(CommandWordsTest, QuotesAndBackslashesKeepThemTogether) {
  EXPECT_THAT(words(R"(sh -c 'a | "b" \n' x)"), ElementsAre("sh", "-c", R"(a | "b" \n)", "x"));
  EXPECT_THAT(words(R"("a \"b\" \\ \$x \n" c\ d\'e)"), ElementsAre(R"(a "b" \ $x \n)", "c d'e"));
  EXPECT_THAT(words(R"(a"b"'c'd '' "")"), ElementsAre("abcd", "", ""));
  EXPECT_THAT(words("a\\\nb \"c\\\nd\" 'e\\\nf'"), ElementsAre("ab", "cd", "e\\\nf"));
}

TEST(CommandWordsTest, WhatOnlyAShellWouldReplaceMeansItself) {
  EXPECT_THAT(words("a $HOME *.py ~ #x {}"), ElementsAre("a", "$HOME", "*.py", "~", "#x", "{}"));
}

TEST(CommandWordsTest, WhatIsNotClosedIsAnError) {
  for (const auto* command : {"a 'b", "a \"b", "a \"b\\\"", "'"}) {
    EXPECT_THAT(problem(command), HasSubstr("a quote that is not closed")) << command;
  }
  EXPECT_THAT(problem("a \\"), HasSubstr("ends in a backslash"));
  EXPECT_THAT(problem(std::string("a\0b", 3)), HasSubstr("zero byte"));
}

TEST(CommandWordsTest, NoWordIsAnError) {
  for (const auto* command : {"", "  ", "\\\n"}) EXPECT_THAT(problem(command), HasSubstr("names no program"));
}

TEST(CommandWordsTest, WhatAsksForAShellIsAnError) {
  for (const auto* command : {"a | b", "a >b", "a;b", "a &", "<a b"}) {
    EXPECT_THAT(problem(command), HasSubstr("no shell is run")) << command;
  }
}

}  // namespace
}  // namespace tributary::process
