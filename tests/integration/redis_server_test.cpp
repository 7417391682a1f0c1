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

TEST(RedisServerTest, answers_once_constructed_and_listens_on_no_port) {
  RedisServer server;
  auto client = server.client();
  EXPECT_EQ(client.text({"PING"}), "PONG");
  EXPECT_EQ(client.command({"CONFIG", "GET", "port"}).elements.at(1).text, "0");
}

TEST(RedisServerTest, a_tcp_port_is_free_and_not_the_usual_one) {
  RedisServer server({.tcp = true});
  EXPECT_GT(server.port(), 0);
  EXPECT_NE(server.port(), 6379);
}

TEST(RedisServerTest, several_at_once_hold_their_own_data) {
  RedisServer one;
  RedisServer two;
  one.client().command({"SET", "key", "one"});
  EXPECT_TRUE(two.client().command({"GET", "key"}).is_nil());
}

TEST(RedisServerTest, a_password_is_asked_for) {
  RedisServer server({.password = "secret"});
  EXPECT_EQ(server.client().text({"PING"}), "PONG");
  EXPECT_TRUE(TestClient(server.socket_path()).command({"PING"}).is_error("NOAUTH"));
}

TEST(RedisServerTest, restart_keeps_the_data_of_an_append_only_file) {
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

TEST(RedisServerTest, a_stopped_server_answers_when_it_is_continued) {
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

TEST(RedisServerTest, leaves_neither_process_nor_directory) {
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

TEST(ChildProcessTest, tells_output_environment_and_exit_status) {
  ChildProcess process({"sh", "-c", "echo \"$GREETING ${HOME-none}\"; echo bad >&2; exit 3"},
                       {"GREETING=hi", "HOME"});
  EXPECT_EQ(process.wait(kPatience), 3);
  EXPECT_EQ(process.out(), "hi none\n");
  EXPECT_EQ(process.err(), "bad\n");
}

TEST(ChildProcessTest, a_signal_is_told_as_a_shell_does) {
  ChildProcess process({"sleep", "60"});
  EXPECT_FALSE(process.wait(1ms));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(kPatience), 128 + SIGTERM);
}

TEST(ChildProcessTest, a_program_that_does_not_exist_throws) {
  EXPECT_THROW(ChildProcess({"/does/not/exist"}), std::runtime_error);
}

}  // namespace
}  // namespace tributary::test
