#include "redis/password.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace tributary::redis {
namespace {

class PasswordFileTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string password() {
    const auto file = read_password_file(path_);
    return file ? file.value().password : file.error().message;
  }
  const std::string path_ = testing::TempDir() + "password_test_" + std::to_string(::getpid());
};

TEST_F(PasswordFileTest, HoldsAPasswordAndNothingElse) {
  write("secret");
  EXPECT_EQ(password(), "secret");
  write("\xef\xbb\xbf secret \r\n\n");
  EXPECT_EQ(password(), " secret ");
  write("a\nb\n");
  EXPECT_EQ(password(), "a\nb");
  write("\n");
  EXPECT_EQ(password(), "is empty: " + path_);
  write(std::string(4097, 'x'));
  EXPECT_EQ(password(), "holds more than a password: " + path_);
  std::filesystem::remove(path_);
  EXPECT_EQ(password(), "cannot be read: " + path_ + ": No such file or directory");
  std::filesystem::create_directory(path_);
  EXPECT_EQ(password(), "cannot be read: " + path_ + ": Is a directory");
}

TEST_F(PasswordFileTest, IsReadAgainAndTheOneBeforeCountsIfThatFails) {
  Endpoint endpoint;
  endpoint.password = "old";
  EXPECT_EQ(present_password(endpoint).password, "old");
  endpoint.password_file = path_;
  write("new\n");
  EXPECT_EQ(present_password(endpoint).password, "new");
  EXPECT_EQ(present_password(endpoint).trouble, "");
  std::filesystem::remove(path_);
  EXPECT_EQ(present_password(endpoint).password, "old");
  EXPECT_EQ(present_password(endpoint).trouble,
            "the password file cannot be read: " + path_ + ": No such file or directory");
}

TEST_F(PasswordFileTest, APipeIsReadOnceAndNeverWaitedForAgain) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::thread writer([this] { write("secret\n"); });
  const auto file = read_password_file(path_);
  writer.join();
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file.value().password, "secret");
  EXPECT_FALSE(file.value().may_be_read_again);
  Endpoint endpoint;
  endpoint.password = "old";
  endpoint.password_file = path_;
  EXPECT_EQ(present_password(endpoint).password, "old");
}

}  // namespace
}  // namespace tributary::redis
