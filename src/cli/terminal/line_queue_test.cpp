#include "cli/terminal/line_queue.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;

std::string told(std::uint64_t dropped) { return "(" + std::to_string(dropped) + " dropped)\n"; }

class LineQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(pipe(pipe_), 0);
  }
  void TearDown() override {
    for (const int end : pipe_) {
      if (end >= 0) close(end);
    }
  }
  void close_reader() { close(std::exchange(pipe_[0], -1)); }

  /// All that was added.
  std::string read_all(LineQueue& queue) {
    fcntl(pipe_[0], F_SETFL, O_NONBLOCK);
    std::string text;
    char bytes[4096];
    for (bool all = false; !all;) {
      all = queue.drain(1ms);
      for (ssize_t got = 0; (got = read(pipe_[0], bytes, sizeof bytes)) > 0;)
        text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }
  /// Lines that came, and those that are said to be lost, wherever among them.
  static std::size_t accounted(const std::string& all, const std::string& line) {
    std::size_t count = 0;
    for (const auto one : split(all, '\n')) {
      if (std::string(one) + "\n" == line) ++count;
      if (one.starts_with('(')) count += to_number(one.substr(1, one.find(' ') - 1)).value_or(0);
    }
    return count;
  }
  int pipe_[2] = {-1, -1};
};

TEST_F(LineQueueTest, LinesComeInTheirOrder) {
  LineQueue queue(pipe_[1], told);
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    expected += "line " + std::to_string(i) + "\n";
    queue.add("line " + std::to_string(i) + "\n");
  }
  EXPECT_TRUE(queue.drain(10s));
  EXPECT_EQ(read_all(queue), expected);
}

TEST_F(LineQueueTest, NobodyWaitsForAReaderThatDoesNotRead) {
  const std::string line = std::string(999, 'x') + "\n";
  std::size_t added = 0;
  const int descriptor = dup(pipe_[1]);  // never closed: the thread that is kept waiting outlives this test
  {
    LineQueue queue(descriptor, told);
    for (; added < 1000; ++added) queue.add(line);  // a pipe takes 64 KiB, the queue 256
    EXPECT_FALSE(queue.drain(20ms));
    auto all = read_all(queue);
    EXPECT_LT(all.size(), 400'000U);
    queue.add("next\n");
    EXPECT_TRUE(queue.drain(10s));
    all += read_all(queue);
    EXPECT_EQ(accounted(all, line), added);
    EXPECT_TRUE(all.ends_with("next\n")) << all.substr(all.size() - 100);
    for (added = 0; added < 1000; ++added) queue.add(line);
  }  // ends although nobody reads
}

TEST_F(LineQueueTest, WhatCannotBeWrittenIsCountedToo) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  LineQueue queue(full, told);
  for (int i = 0; i < 3; ++i) queue.add("lost\n");
  EXPECT_TRUE(queue.drain(10s));
  queue.add("lost, too, with the note of three\n");
  EXPECT_TRUE(queue.drain(10s));
  ASSERT_GE(dup2(pipe_[1], full), 0);  // there is room again
  queue.add("next\n");
  EXPECT_TRUE(queue.drain(10s));
  EXPECT_EQ(read_all(queue), told(4) + "next\n");
  close(full);
}

TEST_F(LineQueueTest, AReaderWhoGoesIsNoMatter) {
  LineQueue queue(pipe_[1], told);
  close_reader();
  for (int i = 0; i < 10; ++i) queue.add("x\n");
  EXPECT_TRUE(queue.drain(10s));
}

TEST_F(LineQueueTest, ADescriptorThatDoesNotBlockIsWaitedFor) {
  fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
  LineQueue queue(pipe_[1], told);
  for (int i = 0; i < 100; ++i) queue.add(std::string(999, 'x') + "\n");
  EXPECT_FALSE(queue.drain(20ms));
  EXPECT_EQ(read_all(queue).size(), 100'000U);
}

}  // namespace
}  // namespace tributary::cli
