#include "core/base/safe_text.hpp"

#include <gtest/gtest.h>

namespace tributary {
namespace {

using namespace std::string_literals;

TEST(SafeText, VisibleCharactersStay) {
  EXPECT_EQ(visible_text(""), "");
  EXPECT_EQ(visible_text("{\"a\": \"b\\n\"}"), "{\"a\": \"b\\n\"}");
  EXPECT_EQ(visible_text("caf\u00e9 \u4e2d \U0001f600"), "caf\u00e9 \u4e2d \U0001f600");
}

TEST(SafeText, WhatATerminalWouldObeyIsEscaped) {
  EXPECT_EQ(visible_text("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(visible_text("a\0b\x7f"s), "a\\x00b\\x7f");
  EXPECT_EQ(visible_text("\u009b2J"), "\\xc2\\x9b2J") << "an escape sequence of C1";
  EXPECT_EQ(visible_text("\u202egnp"), "\\xe2\\x80\\xaegnp") << "turns the direction";
  EXPECT_EQ(visible_text("a\r\n\tb"), "a\\x0d\\x0a\\x09b");
  EXPECT_EQ(visible_text("a\r\n\tb", true), "a\\x0d\n\tb");
}

TEST(SafeText, BytesThatAreNoUtf8AreEscaped) {
  EXPECT_EQ(visible_text("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(visible_text("a\xc3"), "a\\xc3") << "cut";
  EXPECT_EQ(visible_text("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(visible_text("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(visible_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above the last character";
}

TEST(SafeText, Utf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\0\u00e9\U0001f600"s));
  EXPECT_FALSE(is_utf8("a\x80"));
  EXPECT_FALSE(is_utf8("\xe4\xb8"));
  EXPECT_EQ(valid_utf8("a\xff\u00e9"), "a\ufffd\u00e9");
}

TEST(SafeText, CutBetweenCharacters) {
  EXPECT_EQ(shortened("12345", 5), "12345");
  EXPECT_EQ(shortened("123456", 5), "12...");
  EXPECT_EQ(shortened("1\u00e9\u00e9\u00e9", 6), "1\u00e9...");
  EXPECT_EQ(shortened("1\u00e9\u00e9\u00e9", 5), "1...");
}

TEST(SafeText, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd\x00"s), "//79AA==");
}

}  // namespace
}  // namespace tributary
