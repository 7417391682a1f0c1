// Servers that cannot be used, and those that need a password: one line that says what is wrong
// and what to do.
#include <algorithm>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

/// The one line a refused command ends with; the test fails if there are several, or any other but log lines.
std::string error_line(const std::string& err) {
  std::string found;
  int count = 0;
  for (std::size_t start = 0; start < err.size();) {
    const auto end = std::min(err.find('\n', start), err.size());
    const auto line = err.substr(start, end - start);
    if (line.starts_with("tributary: ")) found = line, ++count;
    start = end + 1;
  }
  EXPECT_EQ(count, 1) << err;
  return found;
}

RunResult consume(const RedisServer& server, Flags flags = {},
                  const std::vector<std::string>& environment = {}) {
  flags.insert(flags.begin(), {"consume", "--redis-url", server.url()});
  return run_tributary(flags, environment, kPatience);
}

void expect_refused(const RunResult& result, int status, const std::vector<std::string>& parts) {
  EXPECT_EQ(result.status, status) << result.err;
  EXPECT_EQ(result.out, "");
  const auto line = error_line(result.err);
  for (const auto& part : parts) EXPECT_NE(line.find(part), std::string::npos) << part << " in " << line;
}

TEST(Server, NotThere) {
  for (const char* const command : {"publish", "status"}) {
    expect_refused(run_tributary({command, "--redis-url", "unix:///nonexistent/redis.sock"}), 69,
                   {"cannot reach Redis at /nonexistent/redis.sock", "--redis-url"});
  }
  expect_refused(run_tributary({"publish", "--redis-host", "127.0.0.1", "--redis-port", "1"}), 69,
                 {"cannot reach Redis at 127.0.0.1:1", "is the server running?"});
  expect_refused(run_tributary({"consume", "--redis-host", "127.0.0.1", "--connect-timeout", "200ms"},
                               {"REDIS_PORT=1"}, kPatience),
                 69, {"cannot reach Redis at 127.0.0.1:1", "is the server running?"});
}

TEST(Server, NotRedis) {
  RedisServer server;  // one that speaks no Redis is hard to come by; a file is no socket
  write_file(server.directory() + "/file", "");
  expect_refused(run_tributary({"publish", "--redis-url", "unix://" + server.directory() + "/file"}), 69,
                 {"cannot reach Redis"});
}

TEST(Server, Replica) {
  const RedisServer server({.config = {"replicaof 127.0.0.1 1"}});
  expect_refused(consume(server), 69, {"is a replica", "primary"});
}

TEST(Server, EvictionThatMayDropTheStream) {
  for (const char* const policy : {"allkeys-lru", "allkeys-random"}) {
    const RedisServer server({.config = {std::string("maxmemory-policy ") + policy}});
    expect_refused(consume(server), 78, {policy, "noeviction"});
  }
}

TEST(Server, MissingRights) {
  const RedisServer server;
  auto client = server.client();
  client.command({"ACL", "SETUSER", "weak", "on", ">secret-of-weak", "~*", "&*", "+@all", "-evalsha"});
  expect_refused(consume(server, {}, {"REDIS_USERNAME=weak", "REDIS_PASSWORD=secret-of-weak"}), 77,
                 {"evalsha"});
  client.command({"ACL", "SETUSER", "deaf", "on", ">secret-of-deaf", "~*", "+@all"});
  client.command({"ACL", "SETUSER", "deaf", "resetchannels"});
  expect_refused(consume(server, {}, {"REDIS_USERNAME=deaf", "REDIS_PASSWORD=secret-of-deaf"}), 77,
                 {"channel"});
}

class Transactions : public Scenario {
 protected:
  // A thousand messages of 1 KB at once, so that large commits are worth it.
  void publish_much() {
    std::vector<TestClient::Command> commands;
    for (int i = 0; i < 1000; ++i) {
      commands.push_back(
          {"PUBLISH", "messages:published",
           R"({"message_id":")" + std::to_string(i) + R"(","data":")" + std::string(1000, 'x') + "\"}"});
    }
    client_.pipeline(commands);
  }
  int entries_per_exec() {
    const auto stats = client_.text({"INFO", "commandstats"});
    const auto at = stats.find("cmdstat_exec:calls=");
    return at == std::string::npos ? 0 : 1000 / std::stoi(stats.substr(at + 19));
  }
};

TEST_F(Transactions, CarryWhatIsLarge) {
  start_node();
  publish_much();
  EXPECT_TRUE(wait_until([&] { return appended() == 1000; }, kPatience));
  EXPECT_GT(entries_per_exec(), 1) << "no transactions";
}

TEST_F(Transactions, AreNotUsedWhereTheUserMayNotDoAllOfThem) {
  for (const std::string right : {"-multi", "-exec", "-eval", "-xdel", "-xrevrange"}) {
    client_.command({"ACL", "SETUSER", "some", "reset", "on", ">secret", "~*", "&*", "+@all", right});
    auto& node = start_node({}, {"REDIS_USERNAME=some", "REDIS_PASSWORD=secret"});
    client_.command({"CONFIG", "RESETSTAT"});
    publish_much();
    EXPECT_TRUE(wait_until([&] { return appended() == 1000; }, kPatience)) << right;
    EXPECT_EQ(entries_per_exec(), 0) << right;
    EXPECT_EQ(node.terminate(), 0);
    client_.command({"DEL", "messages:processed"});
  }
}

class WrongTypes : public testing::TestWithParam<const char*> {};

TEST_P(WrongTypes, AreNamed) {
  const RedisServer server;
  auto client = server.client();
  const std::string key = GetParam();
  client.command({"SET", key, "something of somebody else"});
  expect_refused(consume(server), 78, {"'" + key + "'", "string"});
  EXPECT_EQ(client.integer({"DBSIZE"}), 1) << "it left traces";
}

INSTANTIATE_TEST_SUITE_P(Keys, WrongTypes,
                         testing::Values("messages:processed", "consumer:ids",
                                         "tributary:{messages:processed}:state",
                                         "tributary:{messages:processed}:members",
                                         "tributary:{messages:processed}:losses"));

class ChangedTypes : public Scenario {};

TEST_F(ChangedTypes, EndTheNode) {
  auto& node = start_node();
  client_.command({"PUBLISH", "messages:published", R"({"message_id":"a"})"});
  EXPECT_TRUE(wait_until([&] { return appended() == 1; }, kPatience));
  client_.pipeline({{"DEL", "messages:processed"},
                    {"SET", "messages:processed", "text"},
                    {"PUBLISH", "messages:published", R"({"message_id":"b"})"}});
  EXPECT_EQ(node.wait(kPatience), 78) << node.err();
  EXPECT_NE(error_line(node.err()).find("has become another type"), std::string::npos) << node.err();
}

TEST(Server, DatabaseThatIsNotThere) {
  const RedisServer server({.config = {"databases 4"}});
  expect_refused(consume(server, {}, {"REDIS_DB=4"}), 78, {"--redis-db"});
  expect_refused(run_tributary("publish", server, {"--redis-db", "4", "--count", "1"}), 78, {"--redis-db"});
  expect_refused(run_tributary("verify", server, {"--redis-db", "99", "--ledger", "/dev/null"}), 78,
                 {"--redis-db"});
}

class Password : public Scenario {
 protected:
  Password() : Scenario({.password = kSecret}) {}
  static constexpr char kSecret[] = "correct-horse-battery";
  static constexpr char kWrong[] = "wrong-horse-battery";

  void expect_hidden(const std::string& text) {
    EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
    EXPECT_EQ(text.find(kWrong), std::string::npos) << text;
  }
  std::vector<std::vector<std::string>> commands() {
    write_file(ledger_, "");
    const auto url = redis_.url();
    return {{"consume", "--redis-url", url, "--log-level", "DEBUG"},
            {"publish", "--redis-url", url, "--count", "1", "--log-level", "DEBUG"},
            {"status", "--redis-url", url},
            {"verify", "--redis-url", url, "--ledger", ledger_}};
  }
};

TEST_F(Password, IsAskedFor) {
  for (const auto& command : commands()) {
    const auto result = run_tributary(command, {}, kPatience);
    expect_refused(result, 77, {"asks for a password", "REDIS_PASSWORD"});
  }
}

TEST_F(Password, ThatIsWrongIsRefusedAndNeverShown) {
  for (const auto& command : commands()) {
    const auto result = run_tributary(command, {std::string("REDIS_PASSWORD=") + kWrong}, kPatience);
    expect_refused(result, 77, {"refused the password", "REDIS_PASSWORD"});
    expect_hidden(result.out + result.err);
  }
}

TEST_F(Password, OpensTheServer) {
  const std::string secret = std::string("REDIS_PASSWORD=") + kSecret;
  auto& node = start_node({"--log-level", "DEBUG", "--monitoring-interval", "100ms"}, {secret});
  const auto arguments = read_file("/proc/" + std::to_string(node.pid()) + "/cmdline");
  EXPECT_NE(arguments.find("consume"), std::string::npos);
  expect_hidden(arguments);
  const auto published = run_tributary({"publish", "--redis-url", redis_.url(), "--count", "1000", "--ledger",
                                        ledger_, "--log-level", "DEBUG"},
                                       {secret});
  EXPECT_EQ(published.status, 0) << published.err;
  wait_for_entries(1000);
  const auto status = run_tributary({"status", "--redis-url", redis_.url(), "--json"}, {secret});
  EXPECT_EQ(status.status, 0) << status.err;
  const auto audit = run_tributary({"verify", "--redis-url", redis_.url(), "--ledger", ledger_}, {secret});
  EXPECT_EQ(audit.status, 0) << audit.out << audit.err;
  EXPECT_TRUE(node.wait_for_output(" 1,000 | backlog ", kPatience));
  stop_nodes();
  for (const auto& text :
       {node.out(), node.err(), published.out, published.err, status.out, status.err, audit.out, audit.err}) {
    expect_hidden(text);
  }
  // Nor does the server hold it, where `status` and others read.
  for (const auto& key : client_.command({"KEYS", "*"}).elements) {
    expect_hidden(client_.text({"DUMP", key.text}));
  }
}

TEST_F(Password, FromFileUrlAndConfiguration) {
  const auto file = files_.file("password");
  write_file(file, std::string(kSecret) + "\n");
  write_file(files_.file("conf"), "redis-url = " + redis_.url() + "\nredis-password = " + kSecret + "\n");
  const auto by_url = "unix://:" + std::string(kSecret) + "@" + redis_.socket_path();
  for (const auto& [arguments, environment] : std::vector<std::pair<Flags, std::vector<std::string>>>{
           {{"publish", "--count", "1", "--redis-url", redis_.url(), "--redis-password-file", file}, {}},
           {{"publish", "--count", "1"}, {"REDIS_URL=" + by_url}},
           {{"publish", "--count", "1", "--config", files_.file("conf")}, {}}}) {
    const auto result = run_tributary(arguments, environment);
    EXPECT_EQ(result.status, 0) << result.err;
    expect_hidden(result.out + result.err);
  }
}

TEST_F(Password, IsNoArgument) {
  for (const auto& arguments : std::vector<Flags>{
           {"consume", "--redis-password", kSecret},
           {"publish", std::string("--redis-password=") + kSecret},
           {"status", "--redis-url", "redis://:" + std::string(kSecret) + "@localhost"},
           {"status", "--redis-url", "redis://user:" + std::string(kSecret) + "@localhost:1/2"}}) {
    const auto result = run_tributary(arguments);
    expect_refused(result, 64, {"argument"});
    expect_hidden(result.err);
  }
}

}  // namespace
}  // namespace tributary::test
