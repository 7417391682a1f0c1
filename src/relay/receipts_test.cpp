#include "relay/receipts.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
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

TEST(Receipts, AreRefusedWhereWritingMayWait) {
  const auto pipe = testing::TempDir() + "receipts_test_pipe_" + std::to_string(::getpid());
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& path : {pipe, std::string("/dev/null")}) {
    const auto receipts = Receipts::open(path);
    ASSERT_FALSE(receipts.ok());
    EXPECT_EQ(receipts.error().kind, ErrorKind::cannot_create);
    EXPECT_NE(receipts.error().message.find("it is not a regular file"), std::string::npos)
        << receipts.error().message;
  }
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_FALSE(Receipts::open(pipe).ok()) << "with a reader, too";
  ::close(reader);
  std::filesystem::remove(pipe);
}

TEST(Receipts, AnIdThatWouldBreakTheLineIsLeftOut) {
  EXPECT_EQ(recorded("not JSON"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":""})"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":"a\nb"})"), "7.v:12 -\n");
  EXPECT_EQ(recorded(R"({"message_id":")" + std::string(100'000, 'x') + R"("})"), "7.v:12 -\n");
}

}  // namespace
}  // namespace tributary::relay
