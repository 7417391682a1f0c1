// Results that cannot be written: a full disk, a reader who has gone, a closed descriptor.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// A pipe that somebody has open and does not read: a terminal that was stopped, a full log pipe.
class UnreadPipe {
 public:
  explicit UnreadPipe(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    descriptor_ = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    fcntl(descriptor_, F_SETPIPE_SZ, 4096);
  }
  ~UnreadPipe() { close(descriptor_); }
  const std::string& path() const { return path_; }
  /// What has come, as far as it is there now.
  std::string read() {
    std::string text;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(descriptor_, bytes, sizeof bytes)) > 0;) {
      text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }
  bool full() {
    const bool full = write(descriptor_, "", 1) < 0;
    return full;
  }

 private:
  std::string path_;
  int descriptor_;
};

TEST_F(Output, OfANodeThatNobodyReadsStopsNothing) {
  UnreadPipe out(files_.file("out"));
  UnreadPipe err(files_.file("err"));
  Flags command = {"sh",
                   "-c",
                   "exec \"$0\" \"$@\" >" + out.path() + " 2>" + err.path(),
                   tributary_binary(),
                   "consume",
                   "--redis-url",
                   redis_.url(),
                   "--monitoring-interval",
                   "100ms",
                   "--log-level",
                   "DEBUG"};
  for (const auto& flag : quick_times()) command.push_back(flag);
  ChildProcess node(command, clean_environment());
  EXPECT_TRUE(wait_until([&] { return group().lists(node.pid()); }, kPatience));
  const auto view = group().view;
  while (!out.full()) usleep(100);
  while (!err.full()) usleep(100);
  publish(20000, 10000);
  finish_publishing();
  EXPECT_EQ(group().view, view) << "the node was expelled";
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(10s), 0);
  expect_clean(verify_ledger());
  expect_nothing_left_open();
}

TEST_F(Output, OfANodeThatIsReadAgainGoesOn) {
  UnreadPipe out(files_.file("out"));
  ChildProcess node({"sh", "-c", "exec \"$0\" \"$@\" >" + out.path(), tributary_binary(), "consume",
                     "--redis-url", redis_.url(), "--monitoring-interval", "100ms"},
                    clean_environment());
  EXPECT_TRUE(wait_until([&] { return out.read().find("messages/s") != std::string::npos; }, kPatience));
  while (!out.full()) usleep(100);
  EXPECT_TRUE(wait_until([&] { return out.read().find("messages/s") != std::string::npos; }, kPatience))
      << "what waited comes after all";
  node.signal(SIGTERM);
  EXPECT_EQ(node.wait(kPatience), 0);
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
