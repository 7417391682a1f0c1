#include "cli/system/child_process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "support/temporary_directory.hpp"

namespace tributary::cli {
namespace {

using std::chrono::seconds;

class ChildProcessTest : public testing::Test {
 protected:
  Result<ChildProcess> start(std::vector<std::string> command, std::vector<std::string> environment = {}) {
    return ChildProcess::start(
        {std::move(command), std::move(environment), directory_.file("out"), directory_.file("err")});
  }
  std::string output() const { return last_lines(directory_.file("out"), 100, ""); }

  test::TemporaryDirectory directory_;
};

TEST_F(ChildProcessTest, TellsItsExitCodeAndWhatItSaid) {
  auto child = start({"sh", "-c", "echo hello; echo alas >&2; exit 3"});
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->wait(seconds(20)), 3);
  EXPECT_EQ(output(), "hello\n");
  EXPECT_EQ(last_lines(directory_.file("err"), 100, "> "), "> alas\n");
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsAnError) {
  const auto child = start({"no-such-program-anywhere"});
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().kind, ErrorKind::unavailable);
  EXPECT_EQ(child.error().message, "cannot start no-such-program-anywhere: No such file or directory");
}

TEST_F(ChildProcessTest, ChangesTheEnvironment) {
  setenv("TRIBUTARY_TEST_HIDDEN", "1", 1);
  setenv("TRIBUTARY_TEST_SHOWN", "2", 1);
  setenv("TRIBUTARY_TEST_CHANGED", "3", 1);
  auto child =
      start({"sh", "-c", "echo $TRIBUTARY_TEST_HIDDEN-$TRIBUTARY_TEST_SHOWN-$TRIBUTARY_TEST_CHANGED"},
            {"TRIBUTARY_TEST_HIDDEN", "TRIBUTARY_TEST_CHANGED=4"});
  ASSERT_TRUE(child.ok());
  child->wait(seconds(20));
  EXPECT_EQ(output(), "-2-4\n");
}

TEST_F(ChildProcessTest, StopsOnRequestAndIsKilledIfItDoesNot) {
  auto obedient = start({"sleep", "1000"});
  ASSERT_TRUE(obedient.ok());
  EXPECT_EQ(obedient->stop(seconds(20)), 128 + SIGTERM);
  auto stubborn = start({"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.01; done"});
  ASSERT_TRUE(stubborn.ok());
  while (output().find("ready") == std::string::npos) std::this_thread::yield();
  EXPECT_EQ(stubborn->stop(std::chrono::milliseconds(50)), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, IsGoneWithTheObject) {
  pid_t pid = 0;
  {
    auto child = start({"sleep", "1000"});
    ASSERT_TRUE(child.ok());
    pid = child->pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(LastLines, AreTheLastAndIndented) {
  test::TemporaryDirectory directory;
  test::write_file(directory.file("f"), "one\ntwo\nthree\n");
  EXPECT_EQ(last_lines(directory.file("f"), 2, "  "), "  two\n  three\n");
  EXPECT_EQ(last_lines(directory.file("none"), 2, "  "), "");
}

}  // namespace
}  // namespace tributary::cli
