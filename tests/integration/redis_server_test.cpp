#include "support/redis_server.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

TEST(RedisServerTest, AnswersOnceConstructedAndListensOnNoPort) {
  RedisServer server;
  auto client = server.client();
  EXPECT_EQ(client.text({"PING"}), "PONG");
  EXPECT_EQ(client.command({"CONFIG", "GET", "port"}).elements.at(1).text, "0");
}

TEST(RedisServerTest, ATcpPortIsFreeAndNotTheUsualOne) {
  RedisServer server({.tcp = true});
  EXPECT_GT(server.port(), 0);
  EXPECT_NE(server.port(), 6379);
}

TEST(RedisServerTest, SeveralAtOnceHoldTheirOwnData) {
  RedisServer one;
  RedisServer two;
  one.client().command({"SET", "key", "one"});
  EXPECT_TRUE(two.client().command({"GET", "key"}).is_nil());
}

TEST(RedisServerTest, APasswordIsAskedFor) {
  RedisServer server({.password = "secret"});
  EXPECT_EQ(server.client().text({"PING"}), "PONG");
  EXPECT_TRUE(TestClient(server.socket_path()).command({"PING"}).is_error("NOAUTH"));
}

TEST(RedisServerTest, RestartKeepsTheDataOfAnAppendOnlyFile) {
  RedisServer server({.config = {"appendonly yes", "appendfsync always"}});
  auto client = server.client();
  EXPECT_EQ(client.text({"SET", "key", std::string("a\0b", 3)}), "OK");
  const pid_t before = server.pid();
  server.kill9();
  EXPECT_TRUE(client.command({"PING"}).is_error("CONNECTION"));
  server.restart();
  EXPECT_NE(server.pid(), before);
  EXPECT_EQ(client.text({"GET", "key"}), std::string("a\0b", 3)) << "the client connects again by itself";
}

TEST(RedisServerTest, AStoppedServerAnswersWhenItIsContinued) {
  RedisServer server;
  auto publisher = server.client();
  auto subscriber = server.client();
  subscriber.command({"SUBSCRIBE", "channel"});
  server.stop_signal();
  EXPECT_FALSE(subscriber.receive(50ms));
  server.continue_signal();
  EXPECT_EQ(publisher.integer({"PUBLISH", "channel", "hello"}), 1);
  const auto message = subscriber.receive(kPatience);
  ASSERT_TRUE(message && message->elements.size() == 3);
  EXPECT_EQ(message->elements[2].text, "hello");
}

TEST(RedisServerTest, LeavesNeitherProcessNorDirectory) {
  pid_t pid = 0;
  std::string directory;
  {
    RedisServer server;
    pid = server.pid();
    directory = server.directory();
    EXPECT_TRUE(std::filesystem::exists(directory));
  }
  EXPECT_TRUE(kill(pid, 0) == -1 && errno == ESRCH);
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(ChildProcessTest, TellsOutputEnvironmentAndExitStatus) {
  ChildProcess process({"sh", "-c", "echo \"$GREETING ${HOME-none}\"; echo bad >&2; exit 3"},
                       {"GREETING=hi", "HOME"});
  EXPECT_EQ(process.wait(kPatience), 3);
  EXPECT_EQ(process.out(), "hi none\n");
  EXPECT_EQ(process.err(), "bad\n");
}

TEST(ChildProcessTest, ASignalIsToldAsAShellDoes) {
  ChildProcess process({"sleep", "60"});
  EXPECT_FALSE(process.wait(1ms));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kPatience), 128 + SIGTERM);
}

TEST(ChildProcessTest, AProgramThatDoesNotExistThrows) {
  EXPECT_THROW(ChildProcess({"/does/not/exist"}), std::runtime_error);
}

}  // namespace
}  // namespace tributary::test
