// Dead letters as a user meets them: a processor fails, one looks, fixes it, and retries or
// drops what is there.
#include "support/scenario.hpp"
#include "support/terminal.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDead = "messages:processed:dead";

void expect_said(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

class DeadLettersTest : public Scenario {
 protected:
  Flags command(const std::string& action, Flags flags) {
    flags.insert(flags.begin(), {"dead", action});
    flags.insert(flags.end(), {"--redis-url", redis_.url()});
    return flags;
  }
  RunResult dead(const std::string& action, const Flags& flags = {}) {
    return run_tributary(command(action, flags));
  }
  /// The same, which must work: what it said.
  std::string said(const std::string& action, const Flags& flags = {}) {
    const auto result = dead(action, flags);
    EXPECT_EQ(result.status, 0) << action << ": " << result.out << result.err;
    return result.out;
  }
  boost::json::object json(const std::string& action, Flags flags = {}) {
    flags.push_back("--json");
    return boost::json::parse(said(action, flags)).as_object();
  }
  std::int64_t dead_letters() { return client_.integer({"XLEN", kDead}); }
  std::string first_id() {
    return json("list", {"--limit", "1"}).at("dead_letters").at(0).at("id").as_string().c_str();
  }
  /// Publishes to a node whose processor fails at about two of three messages, and ends the node.
  void have_failures(int count) {
    start_nodes(1, {"--processor", "flaky:66", "--processing-retries", "0"});
    publish(count);
    finish_publishing();
    stop_nodes();
    ASSERT_GT(dead_letters(), count / 3);
    ASSERT_EQ(dead_letters() + appended(), count);
  }
  void expect_all_appended(std::int64_t count) {
    for (const auto& audit : {verify_ledger(), verify_receipts()}) {
      expect_clean(audit);
      EXPECT_EQ(audit.count("appended"), count) << audit.text;
      EXPECT_EQ(audit.count("dead_lettered"), 0) << audit.text;
    }
  }
};

TEST_F(DeadLettersTest, AreListedShownAndRetried) {
  have_failures(900);
  const auto count = dead_letters();
  const auto list = said("list");
  expect_said(list,
              std::to_string(count) + " dead letters in messages:processed:dead; the oldest 100 are shown");
  expect_said(list, "failed after 1 attempt: flaky: attempt 1 was chosen to fail");
  const auto found = json("list", {"--newer-than", "1h", "--limit", "3"});
  EXPECT_EQ(found.at("chosen").to_number<int>(), count);
  EXPECT_EQ(found.at("dead_letters").as_array().size(), 3U);
  EXPECT_EQ(found.at("reasons").at(0).at("count").to_number<int>(), count);
  expect_said(said("list", {"--older-than", "1h"}), "none of the");

  const auto id = first_id();
  const auto letter = json("show", {id});
  expect_said(said("show", {id}), letter.at("payload").as_string().c_str());
  EXPECT_EQ(said("show", {id, "--raw"}), letter.at("payload").as_string());

  expect_said(said("retry", {"--id", id}),
              "1 dead letter retried: 1 appended to messages:processed, 0 failed again");
  const auto last = read_entries(client_, "messages:processed").back();
  EXPECT_EQ(value_of(last, "position"), letter.at("position").as_string()) << "the message keeps its place";
  EXPECT_EQ(value_of(last, "message_id"), letter.at("message_id").as_string());
  EXPECT_NE(value_of(last, "consumer_id"), letter.at("consumer_id").as_string());
  const auto again = dead("retry", {"--id", id});
  EXPECT_EQ(again.status, 1);
  expect_said(again.err, "no dead letter " + id + " in messages:processed:dead");

  expect_said(said("retry", {"--reason", "chosen to fail"}), std::to_string(count - 1) + " appended");
  expect_all_appended(900);
  expect_said(said("retry", {"--all"}), "0 dead letters retried");
  expect_said(said("list"), "no dead letters in");
}

TEST_F(DeadLettersTest, ThatFailAgainStayAsTheyAre) {
  have_failures(60);
  const auto count = dead_letters();
  const auto before = said("list", {"--json"});
  const auto failed = dead("retry", {"--all", "--processor", "flaky:100", "--processing-retries", "1"});
  EXPECT_EQ(failed.status, 1) << failed.err;
  expect_said(failed.out, std::to_string(count) + " failed again (left in messages:processed:dead):");
  expect_said(failed.out, "failed after 2 attempts: flaky: attempt 2 was chosen to fail");
  EXPECT_EQ(said("list", {"--json"}), before);
  expect_said(said("retry", {"--all", "--limit", "5"}), "5 appended");
  EXPECT_EQ(dead_letters(), count - 5);
  said("retry", {"--newer-than", "1h"});
  expect_all_appended(60);
}

TEST_F(DeadLettersTest, TwoRetriesAtOnceAppendEachOnce) {
  have_failures(900);
  const auto count = static_cast<int>(dead_letters());
  Flags line = command("retry", {"--all", "--processor", "delay:1ms"});
  line.insert(line.begin(), tributary_binary());
  ChildProcess one(line, clean_environment()), other(line, clean_environment());
  EXPECT_EQ(one.wait(kPatience), 0) << one.err();
  EXPECT_EQ(other.wait(kPatience), 0) << other.err();
  EXPECT_EQ(dead_letters(), 0);
  EXPECT_GE(count, 1);
  expect_all_appended(900);
}

TEST_F(DeadLettersTest, ARetryThatIsKilledIsJustRunAgain) {
  have_failures(900);
  const auto before = appended();
  Flags line = command("retry", {"--all", "--processor", "delay:2ms"});
  line.insert(line.begin(), tributary_binary());
  ChildProcess retry(line, clean_environment());
  EXPECT_TRUE(wait_until([&] { return appended() > before; }, kPatience));
  retry.kill9();
  EXPECT_GT(dead_letters(), 0);
  said("retry", {"--all"});
  expect_all_appended(900);
}

TEST_F(DeadLettersTest, AreRetriedWhileNodesRun) {
  start_nodes(2, {"--processor", "flaky:50", "--processing-retries", "0"});
  start_publishing(4000, 2000);
  EXPECT_TRUE(wait_until([&] { return dead_letters() > 100; }, kPatience));
  said("retry", {"--all"});
  finish_publishing();
  stop_nodes();
  said("retry", {"--all", "--stream-maxlen", "1000000"});
  expect_all_appended(4000);
}

TEST_F(DeadLettersTest, AreDropped) {
  have_failures(300);
  const auto count = dead_letters();
  EXPECT_EQ(dead("drop").status, 64) << "which?";
  expect_said(said("drop", {"--reason", "something else"}),
              "0 dead letters of messages:processed:dead dropped");
  expect_said(said("drop", {"--id", first_id()}), "1 dead letter of");
  expect_said(said("drop", {"--all", "--limit", "2", "--yes"}), "2 dead letters of");
  expect_said(said("drop", {"--newer-than", "10m"}), std::to_string(count - 3) + " dead letters of");
  EXPECT_EQ(dead_letters(), 0);
  const auto audit = verify_ledger();
  EXPECT_EQ(audit.status, 1);
  EXPECT_EQ(audit.count("missing"), count) << "nobody else has them";
  EXPECT_EQ(audit.count("dead_letters_removed"), count);
}

TEST_F(DeadLettersTest, AreDroppedOnATerminalOnlyAfterAYes) {
  for (int i = 0; i < 3; ++i) client_.command({"XADD", kDead, "*", "payload", "x", "reason", "r"});
  const std::string question =
      "Drop 3 of the 3 dead letters in messages:processed:dead? This cannot be undone. [y/N]";
  for (const char* const no : {"n\n", "\n", "\x04"}) {
    const auto refused = run_on_terminal(command("drop", {"--all"}), question, no);
    EXPECT_EQ(refused.status, 1);
    expect_said(refused.out, question);
    expect_said(refused.out, "nothing was dropped");
  }
  EXPECT_EQ(dead_letters(), 3);
  EXPECT_EQ(run_on_terminal(command("drop", {"--all", "--limit", "1", "--yes"}), question, "").status, 0);
  EXPECT_EQ(dead_letters(), 2);
  expect_said(run_on_terminal(command("drop", {"--reason", "r"}), "[y/N]", "y\n").out, "2 dead letters of");
  EXPECT_EQ(dead_letters(), 0);
}

TEST_F(DeadLettersTest, PayloadsOfAnyBytesAreShownSafely) {
  start_node();
  const std::string rubbish("\xff\x1b[2J\0 no json", 14);
  client_.command({"PUBLISH", "messages:published", rubbish});
  EXPECT_TRUE(wait_until([&] { return dead_letters() == 1; }, kPatience));
  const auto id = first_id();
  const auto shown = said("show", {id});
  expect_said(shown, "\\xff\\x1b[2J\\x00 no json\n");
  EXPECT_EQ(shown.find('\x1b'), std::string::npos);
  EXPECT_EQ(said("show", {id, "--raw"}), rubbish);
  EXPECT_EQ(json("show", {id}).at("payload_base64").as_string(), "/xtbMkoAIG5vIGpzb24=");
  const auto failed = dead("retry", {"--all"});
  EXPECT_EQ(failed.status, 1);
  expect_said(failed.out, "1 failed again");
  stop_nodes();
}

TEST_F(DeadLettersTest, Mistakes) {
  expect_said(said("list"), "no dead letters in messages:processed:dead");
  expect_said(said("retry", {"--all"}), "0 dead letters retried");
  expect_said(said("drop", {"--all"}), "0 dead letters of");
  EXPECT_EQ(client_.integer({"EXISTS", kDead, "messages:processed"}), 0) << "looking makes nothing";
  EXPECT_EQ(dead("show", {"5-0"}).status, 1);
  expect_said(dead("list", {"--id", "5-0"}).err, "no dead letter 5-0");
  EXPECT_EQ(dead("retry", {"--all", "--processor", "bogus"}).status, 64);
  client_.command({"SET", kDead, "x"});
  for (const char* const action : {"list", "retry", "drop"}) {
    EXPECT_EQ(dead(action, action == std::string("list") ? Flags{} : Flags{"--all"}).status, 65) << action;
  }
  client_.command({"DEL", kDead});
  client_.command({"XADD", kDead, "*", "payload", R"({"message_id":1})", "position", "1.a:1"});
  client_.command({"XADD", kDead, "*", "what", "ever"});
  client_.command({"SET", "messages:processed", "x"});
  EXPECT_EQ(dead("retry", {"--all"}).status, 65);
  EXPECT_EQ(dead_letters(), 2);
  client_.command({"DEL", "messages:processed"});
  const auto half = dead("retry", {"--all"});
  EXPECT_EQ(half.status, 1);
  expect_said(half.out, "1 appended");
  expect_said(half.out, "not written by tributary");
}

}  // namespace
}  // namespace tributary::test
