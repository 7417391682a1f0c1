#include "cli/options/quantity.hpp"

#include <gtest/gtest.h>

namespace tributary::cli {
namespace {

using std::chrono::milliseconds;

TEST(Duration, Reads) {
  EXPECT_EQ(parse_duration("2s"), milliseconds(2000));
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("3"), milliseconds(3000));
  EXPECT_EQ(parse_duration("0.5"), milliseconds(500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3600000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* text : {"", "s", "ms", ".", "-1", "+1", "1e3", "inf", "nan", "2 s", "2sec", "1.2.3s",
                           "0.0001ms", "99999999999999999999", "2000000h", "0x10"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, WritesWhatItReads) {
  for (const auto ms : {0, 1, 500, 1000, 1500, 60000, 3600000}) {
    EXPECT_EQ(parse_duration(format_duration(milliseconds(ms))), milliseconds(ms));
  }
  EXPECT_EQ(format_duration(milliseconds(2000)), "2s");
  EXPECT_EQ(format_duration(milliseconds(500)), "500ms");
}

TEST(Size, Reads) {
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(parse_size("1000"), 1000U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("256MiB"), 268435456U);
  EXPECT_EQ(parse_size("2GiB"), 2147483648U);
}

TEST(Size, RefusesEverythingElse) {
  for (const auto* text :
       {"", "MiB", "-1", "1.5MiB", "1MB", "1 MiB", "99999999999GiB", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Size, WritesWhatItReads) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1000ULL, 65536ULL, 268435456ULL, 3ULL << 30}) {
    EXPECT_EQ(parse_size(format_size(bytes)), bytes);
  }
  EXPECT_EQ(format_size(268435456), "256MiB");
}

}  // namespace
}  // namespace tributary::cli
