#include "relay/receipts.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tributary::relay {
namespace {

std::string recorded(const std::string& payload) {
  const auto path = testing::TempDir() + "receipts_test_" + std::to_string(::getpid());
  {
    auto receipts = Receipts::open(path);
    EXPECT_TRUE(receipts.ok());
    receipts->received(group::ViewId{7, "v"}, 12, payload);
    EXPECT_TRUE(receipts->flush());
  }
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  return text;
}

TEST(Receipts, HoldPositionAndId) { EXPECT_EQ(recorded(R"({"message_id":"a b"})"), "7.v:12 a b\n"); }

TEST(Receipts, AnIdThatWouldBreakTheLineIsLeftOut) {
  EXPECT_EQ(recorded("not JSON"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":""})"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":"a\nb"})"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":")" + std::string(100'000, 'x') + R"("})"), "7.v:12 -\n");
}

}  // namespace
}  // namespace tributary::relay
