// `tributary demo`: the first thing a newcomer runs.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "support/node.hpp"
#include "support/temporary_directory.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class Demo : public testing::Test {
 protected:
  /// What it leaves behind in its directory for temporary files.
  std::size_t left_behind() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_.path())) ++count;
    return count;
  }

  TemporaryDirectory directory_;
  std::vector<std::string> environment_ = clean_environment({"TMPDIR=" + directory_.path()});
};

TEST_F(Demo, LosesNothingAndCleansUp) {
  ChildProcess demo({tributary_binary(), "demo", "--duration", "3s"}, environment_);
  EXPECT_EQ(demo.wait(60s), 0) << demo.err();
  for (const char* const text : {"kill -9", "published", "appended", "dead-lettered", "lost", "duplicated",
                                 "time to take over", "nothing was lost and nothing duplicated"}) {
    EXPECT_NE(demo.out().find(text), std::string::npos) << text << " in\n" << demo.out();
  }
  EXPECT_EQ(demo.err(), "");
  EXPECT_EQ(left_behind(), 0U);
}

TEST_F(Demo, WithTlsSaysHowToReachItAndCleansUp) {
  ChildProcess demo({tributary_binary(), "demo", "--tls", "--duration", "3s"}, environment_);
  ASSERT_TRUE(demo.wait_for_output("runs (process", 30s)) << demo.out() << demo.err();
  // What it prints, as a shell takes it; and without a certificate nobody gets in.
  const auto said = demo.out();
  const auto begin = said.find("tributary status");
  ASSERT_NE(begin, std::string::npos) << said;
  const auto command = tributary_binary() + said.substr(begin + 9, said.find("\n\n", begin) - begin - 9);
  ChildProcess status({"sh", "-c", command}, environment_);
  EXPECT_EQ(status.wait(30s), 0) << command << status.err();
  EXPECT_NE(status.out().find("messages:processed"), std::string::npos) << status.out();
  ChildProcess stranger({"sh", "-c", command.substr(0, command.find(" \\\n    --redis-cert-file"))},
                        environment_);
  EXPECT_EQ(stranger.wait(30s), 77) << stranger.out() << stranger.err();
  EXPECT_EQ(demo.wait(60s), 0) << demo.err();
  EXPECT_NE(demo.out().find("nothing was lost and nothing duplicated"), std::string::npos) << demo.out();
  EXPECT_EQ(demo.err(), "");
  EXPECT_EQ(left_behind(), 0U);
}

TEST_F(Demo, CtrlCEndsItCleanly) {
  ChildProcess demo({tributary_binary(), "demo"}, environment_);
  EXPECT_TRUE(demo.wait_for_output("Publishing", 30s)) << demo.out() << demo.err();
  EXPECT_GT(left_behind(), 0U);
  demo.signal(SIGINT);
  EXPECT_EQ(demo.wait(30s), 128 + SIGINT);
  EXPECT_EQ(left_behind(), 0U);
}

}  // namespace
}  // namespace tributary::test
