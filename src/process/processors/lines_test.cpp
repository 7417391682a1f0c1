#include "process/processors/lines.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace tributary::process {
namespace {

void feed(Lines& lines, std::string_view bytes) {
  std::memcpy(lines.room(bytes.size()), bytes.data(), bytes.size());
  lines.came(bytes.size());
}

TEST(LinesTest, ComeInAnyPieces) {
  Lines lines(10);
  EXPECT_FALSE(lines.next());
  feed(lines, "on");
  EXPECT_FALSE(lines.next());
  feed(lines, "e\n\ntwo\nth");
  EXPECT_EQ(lines.next(), "one");
  EXPECT_EQ(lines.next(), "");
  EXPECT_EQ(lines.next(), "two");
  EXPECT_FALSE(lines.next());
  EXPECT_EQ(lines.rest(), "th");
  feed(lines, "ree\n");
  EXPECT_EQ(lines.next(), "three");
  EXPECT_EQ(lines.rest(), "");
}

TEST(LinesTest, HaveABound) {
  Lines lines(3);
  feed(lines, "abc\nab");
  EXPECT_EQ(lines.next(), "abc");
  feed(lines, "c");
  EXPECT_FALSE(lines.next());
  EXPECT_FALSE(lines.too_long());
  feed(lines, "d");
  EXPECT_FALSE(lines.next());
  EXPECT_TRUE(lines.too_long());
  lines.clear();
  EXPECT_FALSE(lines.too_long());
  feed(lines, "abcd\n");
  EXPECT_FALSE(lines.next());
  EXPECT_TRUE(lines.too_long());
}

TEST(LinesTest, MemoryOfALongLineIsGivenBack) {
  Lines lines(64u << 20);
  feed(lines, std::string(8u << 20, 'x') + "\n");
  EXPECT_EQ(lines.next()->size(), 8u << 20);
  feed(lines, "short\n");
  EXPECT_EQ(lines.next(), "short");
}

}  // namespace
}  // namespace tributary::process
