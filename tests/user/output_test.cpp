// Results that cannot be written: a full disk, a reader who has gone, a closed descriptor.
#include <signal.h>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

class Output : public Scenario {
 protected:
  /// Runs the binary with redirections of the shell.
  RunResult run(const std::string& redirections, const Flags& arguments) {
    Flags command = {"sh", "-c", "exec \"$0\" \"$@\" " + redirections, tributary_binary()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    ChildProcess process(command, clean_environment({"REDIS_URL=" + redis_.url()}));
    const auto status = process.wait(60s);
    return {status.value_or(-1), process.out(), process.err()};
  }
  std::vector<Flags> commands() {
    return {{"status"},
            {"status", "--json"},
            {"status", "--watch"},
            {"publish", "--count", "10", "--ledger", ledger_},
            {"verify", "--ledger", ledger_, "--allow-unexpected"},
            {"verify", "--ledger", ledger_, "--allow-unexpected", "--json"},
            {"dead", "list"},
            {"dead", "retry", "--all"},
            {"dead", "drop", "--all"},
            {"pause"},
            {"resume"},
            {"scale", "3"},
            {"bench", "--count", "10", "--pairs", "1"},
            {"--help"},
            {"scale", "--help"},
            {"--version"}};
  }
};

TEST_F(Output, ThatCannotBeWrittenIsNoSuccess) {
  start_node();
  publish(10);
  finish_publishing();
  for (const auto& arguments : commands()) {
    SCOPED_TRACE(arguments[0] + " " + arguments.back());
    const auto full = run(">/dev/full", arguments);
    EXPECT_EQ(full.status, 74) << full.err;
    EXPECT_NE(full.err.find("tributary: cannot write to standard output: No space left on device\n"),
              std::string::npos)
        << full.err;
    const auto closed = run(">&-", arguments);
    EXPECT_EQ(closed.status, 74) << closed.err;
    EXPECT_NE(closed.err.find("cannot write to standard output: Bad file descriptor"), std::string::npos)
        << closed.err;
  }
}

TEST_F(Output, WhoseReaderHasGoneEndsTheCommandWithoutAWord) {
  start_node();
  for (const Flags& arguments : {Flags{"status", "--json"}, {"status", "--watch"}}) {
    ChildProcess process({"bash", "-c", "\"$0\" \"$@\" | true; exit ${PIPESTATUS[0]}", tributary_binary(),
                          arguments[0], arguments[1]},
                         clean_environment({"REDIS_URL=" + redis_.url()}));
    EXPECT_EQ(process.wait(kPatience), 74);
    EXPECT_EQ(process.err(), "");
  }
}

TEST_F(Output, OfErrorsThatNobodySeesChangesNoExitCode) {
  EXPECT_EQ(run("2>/dev/full", {"status", "--nonsense"}).status, 64);
  EXPECT_EQ(run("2>&-", {"status"}).status, 1) << "no such group";
}

// A socket of the node must not get the number of standard output.
TEST_F(Output, OfANodeGoesNowhereElseWhenItIsClosed) {
  ChildProcess node({"sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-", tributary_binary(), "consume",
                     "--redis-url", redis_.url(), "--monitoring-interval", "100ms", "--log-level", "DEBUG"},
                    clean_environment());
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience));
  publish(2000, 4000);
  finish_publishing();
  EXPECT_EQ(redis_.log().find("Protocol error"), std::string::npos) << redis_.log();
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0);
  expect_clean(verify_ledger());
}

TEST_F(Output, OfWhatWasInterruptedEndsAsTheSignalWould) {
  start_node();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ChildProcess publisher({tributary_binary(), "publish", "--redis-url", redis_.url(), "--rate", "1000"},
                           clean_environment());
    const auto before = appended();
    wait_for_entries(before + 100);
    publisher.signal(signal);
    EXPECT_EQ(publisher.wait(kPatience), 128 + signal) << publisher.err();
    EXPECT_NE(publisher.out().find("published "), std::string::npos) << "says what it did all the same";
  }
}

}  // namespace
}  // namespace tributary::test
