#include "http/address.hpp"

#include <gtest/gtest.h>

namespace tributary::http {
namespace {

std::string read(std::string_view text) {
  const auto address = parse_address(text);
  return address ? address.value().text() : "no";
}

TEST(HttpAddress, IsAnAddressAndAPortOrAUnixSocket) {
  EXPECT_EQ(read("127.0.0.1:9464"), "127.0.0.1:9464");
  EXPECT_EQ(read("localhost:0"), "127.0.0.1:0");
  EXPECT_EQ(read("*:9464"), "*:9464");
  EXPECT_EQ(read("[::1]:9464"), "[::1]:9464");
  EXPECT_EQ(read("unix:/run/x.sock"), "unix:/run/x.sock");
  EXPECT_EQ(read("unix:///run/x.sock"), "unix:/run/x.sock");
}

TEST(HttpAddress, AnythingElseIsRefused) {
  for (const auto* text : {"", "9464", ":9464", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:", "::1:9464",
                           "[127.0.0.1]:1", "example.org:80", "unix:", "unix:x.sock"})
    EXPECT_EQ(read(text), "no") << text;
  EXPECT_EQ(read("unix:/" + std::string(107, 'x')), "no");
}

TEST(HttpAddress, LocalIsWhatNobodyOutsideReaches) {
  for (const auto* text : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/x"})
    EXPECT_TRUE(parse_address(text).value().is_local()) << text;
  for (const auto* text : {"*:1", "[::]:1", "10.0.0.1:1"})
    EXPECT_FALSE(parse_address(text).value().is_local()) << text;
}

}  // namespace
}  // namespace tributary::http
