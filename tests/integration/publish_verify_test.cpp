// `publish` and `verify` as a user runs them, against a real server. There is no node here: a plain
// subscriber counts what arrives, and the stream's entries are written by the test.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <set>

#include "cli/audit/ledger.hpp"
#include "redis/server_check.hpp"
#include "redis/sync_client.hpp"
#include "support/node.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

struct Line {
  std::string id;
  std::optional<std::uint64_t> receivers;
};

std::vector<Line> lines_of(const std::string& ledger) {
  std::vector<Line> lines;
  const auto count = cli::read_ledger(ledger, [&](const cli::Publication& p) {
    lines.push_back({std::string(p.id), p.receivers});
  });
  EXPECT_TRUE(count);
  return lines;
}

class PublishVerify : public testing::Test {
 protected:
  redis::Endpoint endpoint() const {
    redis::Endpoint endpoint;
    endpoint.unix_socket = server_.socket_path();
    return endpoint;
  }
  std::vector<std::string> words(std::vector<std::string> more) const {
    more.insert(more.begin() + 1, {"--redis-url", server_.url()});
    return more;
  }
  RunResult publish(std::vector<std::string> more) const {
    more.insert(more.begin(), "publish");
    return run_tributary(words(more));
  }
  // Until its ledger has a line.
  std::unique_ptr<ChildProcess> start_publishing(std::vector<std::string> more) const {
    more.insert(more.begin(), "publish");
    auto command = words(more);
    command.insert(command.begin(), tributary_binary());
    auto process = std::make_unique<ChildProcess>(command, clean_environment());
    EXPECT_TRUE(wait_until([&] { return !read_file(ledger_).empty(); }, kPatience)) << process->err();
    return process;
  }
  RunResult verify(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"verify", "--ledger", ledger_});
    return run_tributary(words(more));
  }
  // What a node would append.
  void append(TestClient& client, const std::string& id, const std::string& position,
              const std::string& stream = "messages:processed") {
    EXPECT_FALSE(client
                     .command({"XADD", stream, "*", "message_id", id, "consumer_id", "c", "processed", "1",
                               "position", position})
                     .is_error());
  }
  boost::json::object json(const RunResult& outcome) {
    EXPECT_FALSE(outcome.out.empty()) << outcome.err;
    return outcome.out.empty() ? boost::json::object() : boost::json::parse(outcome.out).as_object();
  }

  RedisServer server_;
  TemporaryDirectory files_;
  std::string ledger_ = files_.file("ledger");
};

TEST_F(PublishVerify, PublishesExactlyTheCountAndRecordsIt) {
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", "messages:published"});
  const auto outcome = publish({"--count", "2500", "--ledger", ledger_});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("published 2500 messages"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.err, "");
  std::vector<std::string> received;
  while (received.size() < 2500) {
    const auto message = subscriber.receive(kPatience);
    ASSERT_TRUE(message) << received.size();
    received.push_back(message->elements.at(2).text);
  }
  const auto lines = lines_of(ledger_);
  ASSERT_EQ(lines.size(), 2500U);
  std::set<std::string> different;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(received[i], "{\"message_id\":\"" + lines[i].id + "\"}");
    EXPECT_EQ(lines[i].receivers, 1U);
    different.insert(lines[i].id);
  }
  EXPECT_EQ(different.size(), 2500U);
}

TEST_F(PublishVerify, ARateHoldsItsTotal) {
  const auto outcome = publish({"--rate", "20000", "--duration", "1.5", "--json"});
  const auto result = json(outcome);
  EXPECT_EQ(result.at("published").to_number<int>(), 30000);
  EXPECT_EQ(result.at("reached_nobody").to_number<int>(), 30000);
  EXPECT_GE(result.at("seconds").to_number<double>(), 1.4);
}

TEST_F(PublishVerify, TheDefaultMannerIsBatchesWithPauses) {
  const auto result = json(publish({"--duration", "1s", "--batch-size", "7", "--json"}));
  const auto published = result.at("published").to_number<int>();
  EXPECT_EQ(published % 7, 0);
  EXPECT_GE(published, 2 * 7);
  EXPECT_LE(published, 10 * 7);
}

TEST_F(PublishVerify, PayloadsHaveTheSizeAskedFor) {
  auto subscriber = server_.client();
  subscriber.command({"SUBSCRIBE", "messages:published"});
  EXPECT_EQ(publish({"--count", "1", "--size", "1000"}).status, 0);
  const auto message = subscriber.receive(kPatience);
  ASSERT_TRUE(message);
  const auto payload = message->elements.at(2).text;
  EXPECT_EQ(payload.size(), 1000U);
  EXPECT_TRUE(boost::json::parse(payload).as_object().contains("data"));
}

TEST_F(PublishVerify, AnInterruptEndsCleanlyWithTheTotal) {
  const auto process = start_publishing({"--rate", "1000", "--ledger", ledger_});
  process->signal(SIGTERM);
  EXPECT_EQ(process->wait(kPatience), 128 + SIGTERM);
  EXPECT_NE(process->out().find("published " + std::to_string(lines_of(ledger_).size()) + " messages"),
            std::string::npos)
      << process->out();
}

TEST_F(PublishVerify, KeepGoingSurvivesARestart) {
  const auto process =
      start_publishing({"--rate", "2000", "--duration", "1h", "--keep-going", "--ledger", ledger_});
  server_.restart();
  ASSERT_TRUE(process->wait_for_output("connected again", kPatience)) << process->err();
  const auto before = read_file(ledger_).size();
  ASSERT_TRUE(wait_until([&] { return read_file(ledger_).size() > before; }, kPatience));
  process->signal(SIGINT);
  EXPECT_EQ(process->wait(kPatience), 128 + SIGINT);
  std::set<std::string> different;
  const auto lines = lines_of(ledger_);
  for (const auto& line : lines) different.insert(line.id);
  EXPECT_EQ(different.size(), lines.size());
}

TEST_F(PublishVerify, WithoutKeepGoingALostServerIsOneLine) {
  const auto process = start_publishing({"--rate", "2000", "--ledger", ledger_});
  server_.kill9();
  EXPECT_EQ(process->wait(kPatience), 69);
  const auto said = process->err();
  EXPECT_EQ(said.find("tributary: lost the connection to Redis at " + server_.socket_path()), 0U) << said;
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST_F(PublishVerify, VerifyPassesWhatIsComplete) {
  auto client = server_.client();
  write_file(ledger_, "a 1\nb 2\nlate ?\nnobody 0\n");
  append(client, "a", "1.x:1");
  append(client, "late", "1.x:2");
  append(client, "b", "1.x:3", "messages:processed:dead");
  const auto outcome = verify({"--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const auto result = json(outcome);
  EXPECT_TRUE(result.at("ok").as_bool());
  EXPECT_EQ(result.at("appended").to_number<int>(), 2);
  EXPECT_EQ(result.at("dead_lettered").to_number<int>(), 1);
  EXPECT_EQ(result.at("unacknowledged").to_number<int>(), 1);
  EXPECT_EQ(result.at("reached_nobody").to_number<int>(), 1);
  EXPECT_NE(verify().out.find("PASSED"), std::string::npos);
}

TEST_F(PublishVerify, VerifyNamesWhatIsMissingDuplicatedAndUnexpected) {
  auto client = server_.client();
  write_file(ledger_, "a 1\nlost 2\n");
  append(client, "a", "1.x:1");
  append(client, "a", "1.x:1");
  append(client, "stranger", "1.x:2");
  const auto outcome = verify();
  EXPECT_EQ(outcome.status, 1);
  for (const auto* part : {"lost", "a at 1.x:1", "stranger at 1.x:2", "FAILED"}) {
    EXPECT_NE(outcome.out.find(part), std::string::npos) << outcome.out;
  }
}

TEST_F(PublishVerify, VerifyByReceiptsAndOrder) {
  auto client = server_.client();
  const auto receipts = files_.file("receipts");
  write_file(receipts, "1.x:1 a\n1.x:2 -\n1.x:3 c\n1.x:4 torn");
  append(client, "c", "1.x:3");
  append(client, "a", "1.x:1");
  client.command(
      {"XADD", "messages:processed:dead", "*", "payload", "{", "reason", "r", "position", "1.x:2"});
  EXPECT_EQ(run_tributary(words({"verify", "--receipts", receipts})).status, 0);
  const auto ordered = run_tributary(words({"verify", "--receipts", receipts, "--order"}));
  EXPECT_EQ(ordered.status, 1) << ordered.out;
  EXPECT_NE(ordered.err.find("the last line is incomplete"), std::string::npos);
}

TEST_F(PublishVerify, VerifyReadsManyPages) {
  auto client = server_.client();
  std::vector<TestClient::Command> commands;
  std::ofstream ledger(ledger_);
  for (int i = 0; i < 12'345; ++i) {
    const auto id = "id-" + std::to_string(i);
    commands.push_back(
        {"XADD", "messages:processed", "*", "message_id", id, "position", "1.x:" + std::to_string(i + 1)});
    ledger << id << " 1\n";
  }
  ledger.close();
  client.pipeline(commands);
  const auto outcome = verify({"--json", "--order"});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(json(outcome).at("appended").to_number<int>(), 12'345);
}

TEST_F(PublishVerify, BadInputIsOneLineThatSaysWhatToDo) {
  auto client = server_.client();
  client.command({"SET", "messages:processed", "not a stream"});
  write_file(ledger_, "a 1\n");
  const auto one_line = [](const RunResult& outcome, int status, const std::string& part) {
    EXPECT_EQ(outcome.status, status) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  };
  one_line(verify(), 65, "messages:processed is not a stream");
  one_line(run_tributary({"publish", "--redis-url", "unix:///nowhere/s"}), 69,
           "cannot reach Redis at /nowhere/s");
  one_line(publish({"--redis-db", "99"}), 78, "no database of that number");
  one_line(run_tributary(words({"publish"}), {"REDIS_PASSWORD=secret-word"}), 77,
           "has no password, but one was given");
  one_line(publish({"--ledger", "/nowhere/l"}), 73, "cannot write /nowhere/l");
  one_line(run_tributary(words({"verify", "--ledger", "/nowhere/l"})), 66, "cannot read /nowhere/l");
}

TEST(Password, WrongMissingAndRight) {
  RedisServer server(RedisServer::Options{.config = {}, .tcp = true, .password = "right-word"});
  const std::string port = std::to_string(server.port());
  const auto publish = [&](const std::vector<std::string>& environment) {
    return run_tributary({"publish", "--redis-host", "127.0.0.1", "--redis-port", port, "--count", "1"},
                         environment);
  };
  auto outcome = publish({});
  EXPECT_EQ(outcome.status, 77);
  EXPECT_NE(outcome.err.find("asks for a password"), std::string::npos) << outcome.err;
  outcome = publish({"REDIS_PASSWORD=wrong-word"});
  EXPECT_EQ(outcome.status, 77);
  EXPECT_NE(outcome.err.find("refused the password"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find("wrong-word"), std::string::npos);
  EXPECT_EQ(publish({"REDIS_PASSWORD=right-word"}).status, 0);
  EXPECT_EQ(publish({"REDIS_URL=redis://default:right-word@ignored"}).status, 0);
}

TEST_F(PublishVerify, TheClientIsBinarySafeAndPipelines) {
  auto client = redis::SyncClient::connect(endpoint());
  ASSERT_TRUE(client) << client.error().message;
  const std::string bytes("a\0\r\n\xff", 5);
  EXPECT_TRUE(client->ask({"SET", bytes, bytes}));
  EXPECT_EQ(client->ask({"GET", bytes})->text, bytes);
  for (int i = 0; i < 3000; ++i) client->append({"INCR", "n"});
  for (int i = 1; i <= 3000; ++i) ASSERT_EQ(client->next()->integer, i);
  EXPECT_TRUE(client->command({"NOSUCH"})->is_error("ERR unknown command"));
  EXPECT_FALSE(client->ask({"NOSUCH"}));
  const auto facts = redis::parse_info(client->ask({"INFO"})->text);
  EXPECT_EQ(facts.role, "master");
  EXPECT_EQ(facts.run_id.size(), 40U);
  EXPECT_EQ(facts.master_replid.size(), 40U);
  EXPECT_FALSE(redis::check_server(facts, endpoint(), false).refusal);
}

TEST_F(PublishVerify, TheClientDoesNotWaitForEver) {
  auto client = redis::SyncClient::connect(endpoint(), {.answer = 200ms});
  ASSERT_TRUE(client);
  server_.stop_signal();
  const auto answer = client->command({"PING"});
  server_.continue_signal();
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message.find("no answer within 200 ms"), std::string::npos)
      << answer.error().message;
}

}  // namespace
}  // namespace tributary::test
