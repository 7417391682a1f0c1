#include "process/processors/exec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

// Programs are shell scripts: well-behaved ones, and others.
namespace tributary::process {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kEcho =  // answers with the request's own text, as a string
    R"(sed -u -e 's/["\\]//g' -e 's/.*/{"fields":{"asked":"&"}}/')";

struct Added final : FieldSink {
  void add(std::string_view name, std::string_view value) override {
    all.push_back(std::string(name) + "=" + std::string(value));
  }
  std::vector<std::string> all;
};

struct Did {
  Outcome outcome = Outcome::append;
  std::vector<std::string> fields;
  std::string reason;
};

std::size_t descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// Of this process; zombies count.
std::size_t children() {
  std::string all;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    all += test::read_file((task.path() / "children").string());
  }
  return static_cast<std::size_t>(std::count(all.begin(), all.end(), ' '));
}

class ExecTest : public testing::Test {
 protected:
  ExecTest() {
    context_.log = [this](Event, const std::string& line) {
      const std::lock_guard lock(mutex_);
      log_.push_back(line);
    };
  }
  ~ExecTest() override {
    processor_ = nullptr;
    factory_ = nullptr;
    EXPECT_EQ(children(), 0U);
  }

  void start(const std::string& command) {
    auto factory = make_processors("exec:" + command, context_);
    ASSERT_TRUE(factory.ok()) << factory.error().message;
    factory_ = *factory;
    processor_ = factory_();
  }
  // A script in a file of its own.
  void script(const std::string& text) {
    test::write_file(files_.file("script"), text);
    start("sh " + files_.file("script"));
  }
  Message message(const std::string& position, unsigned attempt = 1) {
    return {R"({"message_id":"a"})", "a", kept_.emplace_back(position), "c", attempt};
  }
  Did process(const Message& one) {
    Did did;
    Added added;
    did.outcome = processor_->process(one, added, did.reason);
    did.fields = added.all;
    return did;
  }
  Did process(const std::string& position, unsigned attempt = 1) {
    return process(message(position, attempt));
  }
  std::vector<Message> expect(std::size_t count) {
    std::vector<Message> messages;
    for (std::size_t i = 1; i <= count; ++i) messages.push_back(message(std::to_string(i)));
    processor_->expect(messages);
    return messages;
  }
  std::vector<std::string> log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  bool logged(const std::string& part) {
    return test::wait_until(
        [&] {
          const auto lines = log();
          return std::any_of(lines.begin(), lines.end(),
                             [&](const std::string& line) { return line.find(part) != std::string::npos; });
        },
        test::kPatience);
  }

  test::TemporaryDirectory files_;
  ProcessorContext context_;
  std::mutex mutex_;
  std::vector<std::string> log_;
  std::deque<std::string> kept_;
  ProcessorFactory factory_;
  std::unique_ptr<Processor> processor_;
};

TEST_F(ExecTest, AMessageIsALineAndItsAnswerIsALine) {
  start(kEcho);
  EXPECT_TRUE(processor_->may_block());
  const auto did = process("7.v:1");
  EXPECT_EQ(did.outcome, Outcome::append) << did.reason;
  EXPECT_THAT(did.fields,
              ElementsAre("asked={position:7.v:1,message_id:a,channel:c,attempt:1,payload:{message_id:a}}"));
  EXPECT_THAT(process("7.v:2", 3).fields,
              ElementsAre(HasSubstr("position:7.v:2,message_id:a,channel:c,attempt:3")));
}

TEST_F(ExecTest, OtherPayloadsThanJsonAreStrings) {
  context_.json = false;
  start(kEcho);
  EXPECT_THAT(process({"x\ny", "", "1", "c", 1}).fields, ElementsAre(HasSubstr("payload:xny}")));
  EXPECT_THAT(process({"\xff", "", "1", "c", 1}).fields, ElementsAre(HasSubstr("payload_base64:/w==}")));
}

TEST_F(ExecTest, WhatCannotBeStartedIsToldAtOnce) {
  auto missing = make_processors("exec:no-such-program x");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::configuration);
  EXPECT_EQ(missing.error().message,
            "processor \"exec:no-such-program x\": cannot start no-such-program: No such file or directory");
  auto forbidden = make_processors("exec:/etc/passwd");
  ASSERT_FALSE(forbidden.ok());
  EXPECT_EQ(forbidden.error().message,
            "processor \"exec:/etc/passwd\": cannot start /etc/passwd: Permission denied");
  auto unclosed = make_processors("exec:a 'b");
  ASSERT_FALSE(unclosed.ok());
  EXPECT_EQ(unclosed.error().kind, ErrorKind::usage);
  EXPECT_EQ(make_processors("exec").error().kind, ErrorKind::usage);
}

TEST_F(ExecTest, ExpectedMessagesAreAskedForAhead) {
  context_.window = 3;
  // Answers the first only when it has three.
  script(
      "read a; read b; read c; echo '{}'; echo '{\"drop\":true}'; echo '{}'; while read l; do echo '{}'; "
      "done");
  const auto messages = expect(6);
  std::vector<Outcome> outcomes;
  for (const auto& one : messages) outcomes.push_back(process(one).outcome);
  EXPECT_THAT(outcomes, ElementsAre(Outcome::append, Outcome::drop, Outcome::append, Outcome::append,
                                    Outcome::append, Outcome::append));
}

TEST_F(ExecTest, PipesThatAreFullAtBothEndsAreNoDeadlock) {
  context_.window = 1000;
  context_.json = false;
  start("sed -u -e 's/.*payload\":\"\\(.*\\)\"}/{\"fields\":{\"p\":\"\\1\\1\"}}/'");
  const std::string payload(10'000, 'x');
  std::vector<Message> messages;
  for (int i = 1; i <= 500; ++i)
    messages.push_back({payload, {}, kept_.emplace_back(std::to_string(i)), "c", 1});
  processor_->expect(messages);
  for (const auto& one : messages) ASSERT_EQ(process(one).fields[0].size(), 20'002U);
}

TEST_F(ExecTest, ARetriedMessageIsAskedForAgainAndEarlyAnswersAreKept) {
  script(R"(while read l; do case "$l" in
    *'"position":"1",'*'"attempt":1'*) echo '{"fail":"not yet"}' ;;
    *) echo "{\"fields\":{\"n\":$((n = n + 1))}}" ;; esac; done)");
  const auto messages = expect(3);
  EXPECT_EQ(process(messages[0]).reason, "not yet");
  EXPECT_THAT(process("1", 2).fields, ElementsAre("n=3"));
  EXPECT_THAT(process(messages[1]).fields, ElementsAre("n=1"));
  EXPECT_THAT(process(messages[2]).fields, ElementsAre("n=2"));
}

TEST_F(ExecTest, AnswersToWhatNobodyWaitsForAnyMoreAreSkipped) {
  script("n=0; while read l; do n=$((n + 1)); echo \"{\\\"fields\\\":{\\\"n\\\":$n}}\"; done");
  const auto former = expect(5);
  EXPECT_THAT(process(former[0]).fields, ElementsAre("n=1"));
  const auto messages = expect(2);
  EXPECT_THAT(process(messages[0]).fields, ElementsAre("n=6"));
  EXPECT_THAT(process(messages[1]).fields, ElementsAre("n=7"));
}

TEST_F(ExecTest, OneThatExitsFailsOnlyWhatItWasAt) {
  // Ends at the second message, whoever gets it first.
  script(R"(while read l; do case "$l" in
    *'"position":"2",'*'"attempt":1'*) echo alas >&2; exit 3 ;; *) echo '{}' ;; esac; done)");
  const auto messages = expect(4);
  EXPECT_EQ(process(messages[0]).outcome, Outcome::append);
  const auto failed = process(messages[1]);
  EXPECT_EQ(failed.outcome, Outcome::fail);
  EXPECT_THAT(failed.reason,
              AllOf(StartsWith("exec sh "), HasSubstr("ended with exit code 3; it said last: \"alas\"")));
  EXPECT_EQ(process("2", 2).outcome, Outcome::append);
  EXPECT_EQ(process(messages[2]).outcome, Outcome::append);
  EXPECT_EQ(process(messages[3]).outcome, Outcome::append);
}

TEST_F(ExecTest, AFailureOfALaterMessageIsToldWhenItIsItsTurn) {
  // The first is to be tried again; meanwhile it dies of the second.
  script(R"(while read l; do case "$l" in
    *'"position":"1",'*'"attempt":1'*) echo '{"fail":"again"}' ;;
    *'"position":"2",'*'"attempt":1'*) exit 3 ;; *) echo '{}' ;; esac; done)");
  const auto messages = expect(3);
  EXPECT_EQ(process(messages[0]).reason, "again");
  EXPECT_EQ(process("1", 2).outcome, Outcome::append);
  EXPECT_THAT(process(messages[1]).reason, HasSubstr("ended with exit code 3"));
  EXPECT_EQ(process("2", 2).outcome, Outcome::append);
  EXPECT_EQ(process(messages[2]).outcome, Outcome::append);
}

TEST_F(ExecTest, WhatIsNoAnswerIsAFailureThatShowsIt) {
  const std::pair<const char*, const char*> cases[] = {
      {"read l; echo ready", "its answer is not JSON: \"ready\""},
      {"read l; printf '\\377\\n'", "its answer is not JSON: \"\\xff\""},
      {"read l; echo '[]'", "is not a JSON object"},
      {"read l; printf '{}'", "ended with exit code 0 in the middle of an answer: \"{}\""},
      {"exit 7", "ended with exit code 7"},
      {"kill -9 $$", "was killed by signal 9"},
      {"read l; exec >&-; sleep 1000", "closed its output"},
      {"exec <&-; sleep 1000", "has closed its input and does not end"},
      {"read l; sleep 1000 & exit 5", "ended with exit code 5"},  // which holds its output open
  };
  for (const auto& [text, reason] : cases) {
    script(text);
    for (unsigned attempt = 1; attempt <= 2; ++attempt) {
      const auto did = process("1", attempt);
      EXPECT_EQ(did.outcome, Outcome::fail) << text;
      EXPECT_THAT(did.reason, AllOf(StartsWith("exec sh "), HasSubstr(reason))) << text;
    }
  }
}

TEST_F(ExecTest, AnAnswerWithoutARequestEndsIt) {
  script("read l; printf '{}\\n{}\\n'; sleep 1000");
  EXPECT_EQ(process("1").outcome, Outcome::append);
  EXPECT_THAT(process("2").reason, HasSubstr("said something without being asked: \"{}"));
  EXPECT_TRUE(logged("said something without being asked: \"{}"));
}

TEST_F(ExecTest, AnOutputWithoutEndHasABound) {
  script("read l; yes $(printf %0100d 0) | tr -d '\\n'");
  EXPECT_THAT(process("1").reason, HasSubstr("its answer is larger than 64 MiB: \"000"));
}

TEST_F(ExecTest, AnAnswerOfMegabytesIsOne) {
  script(
      R"(while read l; do printf '{"fields":{"x":"'; head -c 8000000 /dev/zero | tr '\0' x; echo '"}}'; done)");
  EXPECT_EQ(process("1").fields[0].size(), 8'000'002U);
  EXPECT_EQ(process("2").fields[0].size(), 8'000'002U);
}

TEST_F(ExecTest, StandardErrorGoesToTheLogWithoutHoldingUpAnything) {
  script("yes flood >&2 & while read l; do echo '{}'; done; kill $!");
  for (int i = 0; i < 100; ++i) ASSERT_EQ(process(std::to_string(i)).outcome, Outcome::append);
  EXPECT_TRUE(logged("]: flood"));
  EXPECT_TRUE(logged("lines were left out"));
  EXPECT_LT(log().size(), 1000U);
}

TEST_F(ExecTest, OneThatEndsWhileIdleIsReplacedAtNobodysCost) {
  script("read l; printf '{}\\n'; echo gone >&2");
  EXPECT_EQ(process("1").outcome, Outcome::append);
  ASSERT_TRUE(logged("gone"));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it has no more to do than to end
  EXPECT_EQ(process("2").outcome, Outcome::append);
  EXPECT_TRUE(logged("ended with exit code 0 while it had nothing to do"));
}

TEST_F(ExecTest, OneThatEndsWhileIdleIsNoZombie) {
  script("echo no licence >&2; exit 1");
  EXPECT_TRUE(test::wait_until([] { return children() == 0; }, test::kPatience));
  EXPECT_TRUE(logged("no licence"));
  EXPECT_EQ(process("1").outcome, Outcome::fail);
}

TEST_F(ExecTest, WhereMessagesAreKeptAnAttemptThatTakesTooLongFails) {
  context_.keeps = true;
  context_.timeout = std::chrono::milliseconds(200);
  script("while read -r l; do case $l in *'\"attempt\":1'*) sleep 1000 ;; *) echo '{}' ;; esac; done");
  EXPECT_THAT(process("1").reason, HasSubstr("took longer than 200 ms"));
  EXPECT_EQ(process("1", 2).outcome, Outcome::append);
}

TEST_F(ExecTest, AnInterruptionEndsTheCallAndTheProgram) {
  script("trap '' TERM; read l; while :; do sleep 0.01; done");
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    processor_->interrupt();
  });
  EXPECT_EQ(process("1").outcome, Outcome::fail);
  other.join();
  EXPECT_EQ(children(), 0U);
  EXPECT_EQ(process("2").reason, "interrupted");
}

TEST_F(ExecTest, AtTheEndItIsAskedBeforeItIsKilled) {
  const auto file = files_.file("end");
  script("trap 'echo asked >>" + file + "; exit' TERM; while read l; do echo '{}'; done; echo eof >>" + file +
         "; sleep 1000 & wait");
  process("1");
  processor_ = nullptr;
  EXPECT_EQ(test::read_file(file), "eof\nasked\n");
}

TEST_F(ExecTest, ManyRestartsLeaveNothingBehind) {
  script("read l; echo '{}'; read l; exit 1");
  process("0");
  const auto before = descriptors();
  for (int i = 1; i <= 200; ++i) {
    process(std::to_string(i));  // by turns answered and not
  }
  EXPECT_LE(descriptors(), before + 1);
  EXPECT_LE(children(), 1U);
}

TEST_F(ExecTest, TheProgramInheritsNothing) {
  constexpr int kOpen = 77;
  ASSERT_EQ(dup2(2, kOpen), kOpen);  // not close-on-exec
  script(
      "while read l; do echo \"{\\\"fields\\\":{\\\"open\\\":\\\"$(ls /proc/$$/fd | tr '\\n' ' ')\\\"}}\"; "
      "done");
  EXPECT_THAT(process("1").fields, ElementsAre(AllOf(StartsWith("open=0 1 "), Not(HasSubstr("77")))));
  close(kOpen);
}

TEST_F(ExecTest, WhatWasStartedByWayOfTrialIsUsed) {
  script("echo started >>" + files_.file("starts") + "; while read l; do echo '{}'; done");
  process("1");
  process("2");
  EXPECT_EQ(test::read_file(files_.file("starts")), "started\n");
  const auto second = factory_();
  Added added;
  std::string reason;
  EXPECT_EQ(second->process(message("3"), added, reason), Outcome::append);
  EXPECT_EQ(test::read_file(files_.file("starts")), "started\nstarted\n");
}

}  // namespace
}  // namespace tributary::process
