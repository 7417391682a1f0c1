#include "cli/terminal/json_text.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

namespace json = boost::json;

TEST(JsonText, NumbersAreNumbersAndWhatNobodyKnowsIsNull) {
  EXPECT_EQ(json_number_or_text("28717"), json::value(28717U));
  EXPECT_EQ(json_number_or_text("18446744073709551615"), json::value(18446744073709551615U));
  for (const auto* const unknown : {"", "-", "?"}) EXPECT_TRUE(json_number_or_text(unknown).is_null());
  for (const auto* const text : {"auto", "1.5", "-1", " 1", "7.3fa9c2"}) {
    EXPECT_EQ(json_number_or_text(text), json::value(text));
  }
}

TEST(JsonText, IsUtf8WhateverOthersWrote) {
  EXPECT_EQ(json_or_null("gr\xc3\xbc\xc3\x9f"), json::value("gr\xc3\xbc\xc3\x9f"));
  EXPECT_EQ(json_or_null("a\xff"), json::value("a\xef\xbf\xbd"));
  EXPECT_TRUE(json_or_null(std::string_view()).is_null());
}

TEST(JsonText, BeginsWithTheSchema) {
  EXPECT_EQ(json_text({{"b", 1}, {"a", nullptr}}), R"({"schema":1,"b":1,"a":null})");
}

}  // namespace
}  // namespace tributary::cli
