// Addresses where something else than a Redis server answers: it is named, with what to use in its place, and whoever
// could only wait in vain ends.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

/// Listens on a port of 127.0.0.1 and answers the first bytes of each connection with what a function makes of them, and
/// ends it.
class Listener {
 public:
  explicit Listener(std::function<std::string(const std::string&)> answer) : answer_(std::move(answer)) {
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, generic, size), 0);
    EXPECT_EQ(getsockname(socket_, generic, &size), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Listener() {
    shutdown(socket_, SHUT_RDWR);  // ends accept()
    thread_.join();
    close(socket_);
  }
  std::string port() const { return std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void serve() {
    for (int client = 0; (client = accept(socket_, nullptr, nullptr)) >= 0; close(client)) {
      ++connections_;
      char bytes[4096];
      const auto got = recv(client, bytes, sizeof bytes, 0);
      const auto said = answer_(std::string(bytes, got > 0 ? static_cast<std::size_t>(got) : 0));
      if (!said.empty()) send(client, said.data(), said.size(), MSG_NOSIGNAL);
    }
  }

  std::function<std::string(const std::string&)> answer_;
  int socket_;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

/// Each command, at that port: what it said in its one line.
void expect_told(const std::string& port, const std::string& what) {
  for (const Flags& command : std::vector<Flags>{{"consume"},
                                                 {"agent"},
                                                 {"publish", "--count", "1"},
                                                 {"status"},
                                                 {"verify", "--ledger", "/dev/null"},
                                                 {"scale", "3"},
                                                 {"dead", "list"},
                                                 {"bench", "--count", "1"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--redis-host", "127.0.0.1", "--redis-port", port});
    const auto result = run_tributary(arguments, {}, kPatience);
    EXPECT_EQ(result.status, 69) << command[0];
    EXPECT_EQ(result.err.find("tributary: what answers at 127.0.0.1:" + port + " " + what), 0U)
        << command[0] << ": " << result.err;
  }
}

TEST(Strangers, AServerThatExpectsTls) {
  const Listener closes([](const std::string& bytes) {  // as OpenSSL does
    return bytes.starts_with("\x16\x03") ? "\x15\x03\x03\x00\x02\x02\x32"s : ""s;
  });
  expect_told(closes.port(), "expects TLS; use rediss:// in place of redis://, or --redis-tls");
  const Listener alerts([](const std::string&) { return "\x15\x03\x01\x00\x02\x02\x46"s; });
  expect_told(alerts.port(), "expects TLS");
}

TEST(Strangers, AWebServer) {
  const Listener web(
      [](const std::string&) { return "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"s; });
  expect_told(web.port(), "is a web server, not Redis; use the host and port of a Redis server");
}

TEST(Strangers, AnythingElse) {
  const Listener other([](const std::string&) { return "220 mail.example ESMTP\r\n"s; });
  expect_told(other.port(), "is not Redis, it says \"220 mail.example ESMTP\"; use the host and port");
}

TEST(Strangers, ASentinel) {
  TemporaryDirectory files;
  RedisServer primary({.tcp = true});
  const auto port = std::to_string(primary.port());
  std::unique_ptr<ChildProcess> sentinel;
  std::string sentinel_port;
  for (int attempt = 0; attempt < 5; ++attempt) {  // a port that was free a moment ago may be taken
    {
      const Listener free([](const std::string&) { return ""s; });
      sentinel_port = free.port();
    }
    write_file(files.file("sentinel.conf"), "port " + sentinel_port + "\nbind 127.0.0.1\ndir " +
                                                files.path() + "\nsentinel monitor main 127.0.0.1 " + port +
                                                " 1\n");
    sentinel = std::make_unique<ChildProcess>(
        std::vector<std::string>{"redis-server", files.file("sentinel.conf"), "--sentinel"});
    if (sentinel->wait_for_output("+monitor master main", 10s)) break;
  }
  ASSERT_TRUE(sentinel->running());
  expect_told(sentinel_port,
              "is a Sentinel; to follow the primary that it watches use redis+sentinel://127.0.0.1:" +
                  sentinel_port + "/main");
  const auto database = run_tributary(
      {"consume", "--redis-host", "127.0.0.1", "--redis-port", sentinel_port, "--redis-db", "1"}, {},
      kPatience);
  EXPECT_EQ(database.status, 69);
  EXPECT_NE(database.err.find("is a Sentinel"), std::string::npos) << database.err;
}

// A proxy, or a service of Kubernetes, without a server behind it: one may come.
TEST(Strangers, ThatIsSilentIsWaitedFor) {
  const Listener silent([](const std::string&) { return ""s; });
  ChildProcess node(
      {tributary_binary(), "consume", "--redis-host", "127.0.0.1", "--redis-port", silent.port()},
      clean_environment());
  EXPECT_TRUE(
      node.wait_for_output("ends the connection without an answer; is it Redis, or a proxy", kPatience));
  EXPECT_TRUE(wait_until([&] { return silent.connections() >= 8; }, kPatience));
  EXPECT_TRUE(node.running());
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0);
}

}  // namespace
}  // namespace tributary::test
