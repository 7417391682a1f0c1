#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "core/group/node_driver.hpp"
#include "relay/gated_processor.hpp"
#include "relay/processing.hpp"
#include "support/wait_until.hpp"

// Consumers with threads, under a node that is driven by hand. Named by condition and outcome.
namespace tributary::relay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::chrono::seconds kPatience{30};
constexpr TimeMs kLimit = 1'000'000;

std::atomic<TimeMs> present{0};  // only the test moves it on

class ThreadedProcessingTest : public testing::Test {
 protected:
  static group::NodeSettings node_settings() {
    auto settings = group::NodeDriver::settings();
    settings.inline_processing = false;
    return settings;
  }
  ThreadedProcessingTest() : driver_(node_settings()) {
    settings_.hanging_ms = kLimit;
    settings_.factory = gates_.factory();
    settings_.clock = [] { return present.load(); };
    driver_.start();
  }
  void start(std::uint32_t consumers, bool with_timeout = false) {
    settings_.consumers = consumers;
    if (with_timeout) settings_.timeout_ms = kLimit;
    processing_ = make_threaded_processing(settings_, [] {});
  }
  /// m1, m2, ... are received.
  void messages(int count) {
    for (int i = 0; i < count; ++i) {
      driver_.node.on_message(R"({"message_id":"m)" + std::to_string(++sent_) + R"("})");
    }
    driver_.node.on_batch_end(driver_.now);
    advance();
  }
  group::LaneWork& work() { return driver_.node.works().at(0); }
  std::uint64_t ready() { return work().ready; }

  void advance() {
    processing_->advance(driver_.node, present);
    for (auto& said : processing_->take_reports()) reports_.push_back(std::move(said.text));
  }
  /// Whoever is at a message now is at it for too long.
  void advance_late() {
    present += kLimit;
    advance();
  }
  bool advance_until(const std::function<bool()>& condition) {
    return test::wait_until(
        [&] {
          advance();
          return condition();
        },
        kPatience);
  }
  bool begins(const std::string& id, int calls = 1) {
    return advance_until([&] { return gates_.begun(id) >= calls; });
  }
  bool advance_until_ready(std::uint64_t rank) {
    return advance_until([&] { return ready() == rank; });
  }
  /// These messages begin, one after the other; each takes too long before the next one does.
  void hang(int first, int last) {
    for (auto i = first; i <= last; ++i) {
      const auto id = "m" + std::to_string(i);
      ASSERT_TRUE(begins(id)) << id;
      advance_late();
    }
  }

  /// The node no longer works on its lane.
  void drop() {
    dropped_ = work();
    driver_.node.works().clear();
    advance();
  }
  /// It does again, as another member.
  void take_up(std::uint64_t acknowledged) {
    auto again = dropped_;
    ++again.serial;
    again.owner = group::MemberId{"later"};
    again.acknowledged = again.sent = again.ready = acknowledged;
    driver_.node.works().push_back(again);
    advance();
  }
  /// Arguments of a commit of everything that is ready.
  std::string results() {
    group::CommitPlan plan;
    plan.lane = work().lane;
    plan.first = work().acknowledged;
    plan.end = work().ready;
    CommitEntries entries;
    processing_->entries(plan, *driver_.node.held(plan.lane.view), true, entries);
    EXPECT_EQ(entries.end, plan.end);
    return std::string(entries.arguments);
  }
  std::vector<std::string> take_said() { return std::exchange(reports_, {}); }

  group::NodeDriver driver_;
  ProcessingSettings settings_;
  std::unique_ptr<Processing> processing_;
  std::vector<std::string> reports_;
  group::LaneWork dropped_;
  int sent_ = 0;
  Gates gates_;  // last: all threads are let go before the consumers end
};

// --- processors that hand messages to somebody else

/// What processors were told: by number of the processor, counted from 1.
struct Told {
  std::mutex mutex;
  std::vector<std::string> told;
  int processors = 0;

  void add(const std::string& what) {
    const std::lock_guard lock(mutex);
    told.push_back(what);
  }
  bool has(const std::string& what) {
    const std::lock_guard lock(mutex);
    return std::find(told.begin(), told.end(), what) != told.end();
  }
};

/// Waits at each message until it is interrupted.
class Remote final : public Processor {
 public:
  explicit Remote(Told& told) : told_(told), name_(std::to_string(++told.processors)) {}
  ~Remote() override { told_.add(name_ + " ended"); }
  Outcome process(const Message& message, FieldSink&, std::string&) override {
    told_.add(name_ + " at " + std::string(message.id));
    interrupted_.wait(false);
    return Outcome::fail;
  }
  bool may_block() const override { return true; }
  bool looks_ahead() const override { return true; }
  void expect(std::span<const Message> messages) override {
    std::string ids;
    for (const auto& message : messages) ids += " " + std::string(message.id);
    told_.add(name_ + " expects" + ids);
  }
  void interrupt() override {
    told_.add(name_ + " interrupted");
    interrupted_ = true;
    interrupted_.notify_all();
  }

 private:
  Told& told_;
  std::string name_;
  std::atomic<bool> interrupted_{false};
};

TEST_F(ThreadedProcessingTest, ProcessorIsToldOfAllMessagesOfItsRunAndInterruptedWhenTheLaneIsDropped) {
  Told told;
  settings_.factory = [&] { return std::make_unique<Remote>(told); };
  start(1);
  messages(8);
  EXPECT_TRUE(advance_until([&] { return told.has("1 at m1"); }));
  EXPECT_TRUE(told.has("1 expects m1 m2 m3 m4"));
  drop();
  EXPECT_TRUE(told.has("1 interrupted"));
  take_up(4);
  EXPECT_TRUE(advance_until([&] { return told.has("2 at m5"); }));
  EXPECT_TRUE(told.has("1 ended")) << "an interruption is for good";
  EXPECT_FALSE(told.has("1 at m2"));
  EXPECT_TRUE(processing_->end());
  EXPECT_TRUE(told.has("2 interrupted"));
  processing_ = nullptr;
}

TEST_F(ThreadedProcessingTest, ProcessorIsInterruptedWhenItsMessageIsGivenUp) {
  Told told;
  settings_.factory = [&] { return std::make_unique<Remote>(told); };
  start(1, true);
  messages(1);
  EXPECT_TRUE(advance_until([&] { return told.has("1 at m1"); }));
  advance_late();
  EXPECT_TRUE(told.has("1 interrupted"));
  EXPECT_TRUE(advance_until_ready(1));
  EXPECT_TRUE(advance_until([&] { return told.has("1 ended"); }));
  processing_ = nullptr;
}

// --- a break of a connection

TEST_F(ThreadedProcessingTest, LaneTakenUpAgainUnderAnotherSerialGoesOnWithWhatItHas) {
  start(1);
  messages(3);
  gates_.open("m1");
  ASSERT_TRUE(advance_until_ready(1));
  ASSERT_TRUE(begins("m2"));

  const auto owner = work().owner.text;
  work().serial += 1;
  work().owner = group::MemberId{"later"};
  work().ready = 0;
  advance();
  EXPECT_EQ(ready(), 1u);
  gates_.open_all();
  ASSERT_TRUE(advance_until_ready(3));
  EXPECT_EQ(gates_.begun("m1") + gates_.begun("m2") + gates_.begun("m3"), 3) << "each once";
  EXPECT_THAT(results(), HasSubstr(owner + ".1")) << "the consumer they were processed under";

  messages(1);
  ASSERT_TRUE(advance_until_ready(4));
  work().acknowledged = 3;
  advance();
  EXPECT_THAT(results(), AllOf(HasSubstr("later.1"), Not(HasSubstr(owner))));
}

TEST_F(ThreadedProcessingTest, RedisWentBackThenWhatIsGoneIsProcessedAgainAndTheRestIsUsed) {
  start(1);
  messages(4);
  for (const auto* id : {"m1", "m2", "m3"}) gates_.open(id);
  ASSERT_TRUE(advance_until_ready(3));
  ASSERT_TRUE(begins("m4"));
  work().acknowledged = 2;
  advance();
  work().acknowledged = 0;
  gates_.open("m4");
  ASSERT_TRUE(advance_until_ready(4));
  EXPECT_EQ(gates_.begun("m1"), 2);
  EXPECT_EQ(gates_.begun("m2"), 2);
  EXPECT_EQ(gates_.begun("m3"), 1);
  EXPECT_EQ(gates_.begun("m4"), 1);
  EXPECT_THAT(results(), AllOf(HasSubstr("m1"), HasSubstr("m2"), HasSubstr("m3"), HasSubstr("m4")));
}

TEST_F(ThreadedProcessingTest, RunsOfADroppedLaneAreNeverBegunAndItsResultsAreNotKept) {
  start(1);
  messages(3);
  ASSERT_TRUE(begins("m1"));
  advance();  // m2 waits in the pool
  drop();
  gates_.open("m1");
  take_up(2);
  EXPECT_TRUE(begins("m3"));
  EXPECT_EQ(gates_.begun("m2"), 0);
  drop();
  gates_.open_all();
  take_up(0);
  EXPECT_TRUE(advance_until_ready(3));
  EXPECT_EQ(gates_.begun("m1"), 2);
}

TEST_F(ThreadedProcessingTest, ConsumerOfADroppedLaneGoesOnWithOtherWorkByTheThreadItHas) {
  start(1, true);
  messages(1);
  for (int i = 0; i < 6; ++i) {  // more often than threads may be replaced
    ASSERT_TRUE(begins("m1", i + 1));
    drop();
    gates_.open_all();
    take_up(0);
    ASSERT_TRUE(advance_until_ready(1));
    drop();
    take_up(0);
  }
  EXPECT_FALSE(processing_->hanging());
  EXPECT_THAT(reports_, ElementsAre());
}

TEST_F(ThreadedProcessingTest, WaitForARetryEndsWhenTheLaneIsDropped) {
  settings_.retries = {10, std::chrono::hours(1), std::chrono::hours(1)};
  start(1);
  messages(2);
  gates_.fail("m1");
  ASSERT_TRUE(begins("m1"));
  drop();
  take_up(1);
  EXPECT_TRUE(begins("m2")) << "its consumer waits for the retry of m1";
}

TEST_F(ThreadedProcessingTest, ThreadThatHangsInAMessageOfADroppedLaneIsReplaced) {
  for (const bool with_timeout : {true, false}) {
    start(1, with_timeout);
    const auto hangs = "m" + std::to_string(sent_ + 1), next = "m" + std::to_string(sent_ + 2);
    messages(2);
    ASSERT_TRUE(begins(hangs));
    drop();
    EXPECT_EQ(processing_->busy(), 1u);
    advance_late();
    take_up(sent_ - 1u);
    EXPECT_TRUE(begins(next)) << "with a time-out: " << with_timeout;
    EXPECT_THAT(reports_, ElementsAre());
    gates_.open(hangs);
    gates_.open(next);
    work().acknowledged = 2;
  }
}

// --- hanging

TEST_F(ThreadedProcessingTest, SuspectedMessagesAreComeUponOneAtATimeAndNothingElseMeanwhile) {
  const auto receive = [&] {
    driver_.node.on_message(R"({"message_id":"m)" + std::to_string(++sent_) + R"("})");
  };
  receive();
  receive();
  driver_.marker(2, "me/1");
  receive();
  ASSERT_EQ(driver_.node.works().size(), 2U);
  work().deaths = group::kCarefulDeaths;
  work().careful_below = 100;
  start(3);
  EXPECT_TRUE(begins("m1"));
  advance();
  gates_.open("m1");
  EXPECT_TRUE(advance_until_ready(1));
  EXPECT_EQ(gates_.begun("m2") + gates_.begun("m3"), 0) << "not before it is committed";
  work().acknowledged = 1;
  EXPECT_TRUE(begins("m2"));
  EXPECT_EQ(gates_.begun("m3"), 0);
  gates_.open("m2");
  EXPECT_TRUE(advance_until_ready(2));
  work().acknowledged = 2;
  EXPECT_TRUE(begins("m3")) << "nothing is left in that lane";
  gates_.open_all();
}

TEST_F(ThreadedProcessingTest, AMessageThatNodesDiedOfIsGivenUpUnprocessed) {
  start(1);
  work().deaths = group::kMostDeaths;
  work().careful_below = 100;
  messages(2);
  EXPECT_TRUE(advance_until_ready(1));
  EXPECT_EQ(gates_.begun("m1"), 0);
  EXPECT_THAT(results(), HasSubstr("poison: 3 nodes died"));
  work().acknowledged = 1;
  work().deaths = 0;  // as the node does with progress
  EXPECT_TRUE(begins("m2"));
  gates_.open_all();
}

TEST_F(ThreadedProcessingTest, MessageThatTakesTooLongIsADeadLetterAndTheRestGoesOn) {
  start(1, true);
  messages(64);  // the first run has several
  gates_.open("m1");
  ASSERT_TRUE(begins("m2"));
  advance_late();
  gates_.open_all();  // also m2's thread comes back
  ASSERT_TRUE(advance_until_ready(64));
  EXPECT_EQ(gates_.begun("m2"), 1);
  EXPECT_EQ(gates_.begun("m3"), 1);
  const auto all = results();
  EXPECT_THAT(all, HasSubstr("processing took longer than 1000000 ms"));
  EXPECT_EQ(all.find("$2\r\nm2\r\n"), all.rfind("$2\r\nm2\r\n")) << "its result comes too late";
}

TEST_F(ThreadedProcessingTest, TimeOutOfTwoConsumersAtOnce) {
  start(2, true);
  messages(4);
  ASSERT_TRUE(begins("m1"));
  ASSERT_TRUE(begins("m2"));
  advance_late();
  EXPECT_EQ(ready(), 2u);
  gates_.open_all();
  EXPECT_TRUE(advance_until_ready(4));
}

TEST_F(ThreadedProcessingTest, FourThreadsMayHangThenNothingIsGivenUpUntilOneComesBack) {
  start(1, true);
  messages(7);
  hang(1, 4);
  EXPECT_FALSE(processing_->hanging());
  EXPECT_EQ(ready(), 4u);
  ASSERT_TRUE(begins("m5"));
  advance();
  EXPECT_FALSE(processing_->hanging()) << "it may still come back in time";
  EXPECT_EQ(processing_->active(present).size(), 1u);
  EXPECT_THAT(reports_, ElementsAre());

  advance_late();
  EXPECT_TRUE(processing_->hanging());
  EXPECT_EQ(ready(), 4u) << "m5 is no dead letter";
  EXPECT_THAT(take_said(),
              ElementsAre(HasSubstr(
                  "the only consumer hangs in the processor, and so do 4 threads that were replaced: ")));

  gates_.open("m2");
  EXPECT_TRUE(advance_until_ready(5)) << "a thread came back, so m5 may be given up";
  EXPECT_FALSE(processing_->hanging());
  EXPECT_THAT(take_said(), ElementsAre(HasSubstr("the processor returned")));
  ASSERT_TRUE(begins("m6"));
  gates_.open_all();
  EXPECT_TRUE(advance_until_ready(7));
}

TEST_F(ThreadedProcessingTest, MessageAtHandComesBackAtTheBoundAndCounts) {
  start(1, true);
  messages(6);
  hang(1, 5);
  EXPECT_TRUE(processing_->hanging());
  gates_.open("m5");
  ASSERT_TRUE(advance_until_ready(5));
  EXPECT_FALSE(processing_->hanging());
  EXPECT_EQ(take_said().size(), 2u);
  work().acknowledged = 4;
  EXPECT_THAT(results(), AllOf(HasSubstr("m5"), Not(HasSubstr("took longer"))));
}

TEST_F(ThreadedProcessingTest, AsManyThreadsMayHangAsThereAreConsumers) {
  start(6, true);
  for (int round = 0; round < 2; ++round) {
    EXPECT_FALSE(processing_->hanging());
    for (int i = 0; i < 6; ++i) {
      messages(1);
      const auto id = "m" + std::to_string(sent_);
      ASSERT_TRUE(begins(id)) << id;
    }
    advance_late();
    EXPECT_EQ(ready(), 6u);
  }
  EXPECT_TRUE(processing_->hanging());
  EXPECT_THAT(take_said(),
              ElementsAre(HasSubstr(
                  "all 6 consumers hang in the processor, and so do 6 threads that were replaced: ")));
}

TEST_F(ThreadedProcessingTest, OneOfTwoConsumersHangsAtTheBoundThenTheOtherGoesOn) {
  start(2, true);
  messages(1);
  hang(1, 1);
  for (int i = 2; i <= 5; ++i) {
    messages(1);
    hang(i, i);
  }
  EXPECT_EQ(ready(), 4u);
  EXPECT_FALSE(processing_->hanging()) << "one is idle";
  EXPECT_EQ(processing_->active(present).size(), 1u);
}

TEST_F(ThreadedProcessingTest, HangingConsumersRecoverWhenTheirLanesWereGivenUp) {
  start(1, true);
  messages(6);
  hang(1, 5);
  ASSERT_TRUE(processing_->hanging());
  drop();
  EXPECT_TRUE(processing_->hanging());
  gates_.open("m1");
  EXPECT_TRUE(advance_until([&] { return !processing_->hanging(); }));
  take_up(5);
  EXPECT_TRUE(begins("m6"));
}

TEST_F(ThreadedProcessingTest, WithoutATimeOutEachMessageThatTakesLongIsToldOnce) {
  start(2);
  messages(2);
  ASSERT_TRUE(begins("m1"));
  ASSERT_TRUE(begins("m2"));
  EXPECT_THAT(reports_, ElementsAre());
  for (int i = 0; i < 3; ++i) advance_late();
  const auto said = [](int position) {
    return AllOf(
        HasSubstr(" has been at one message for 1000 s (position 1.v:" + std::to_string(position) + ")"),
        HasSubstr("; set --processing-timeout to give up on such messages"));
  };
  EXPECT_THAT(take_said(), testing::UnorderedElementsAre(said(1), said(2)));
  EXPECT_EQ(ready(), 0u);
  EXPECT_FALSE(processing_->hanging()) << "it may take as long as it takes";
  EXPECT_THAT(processing_->active(present), ElementsAre());

  gates_.open("m1");
  ASSERT_TRUE(advance_until_ready(1));
  messages(1);
  ASSERT_TRUE(begins("m3"));
  advance_late();
  EXPECT_THAT(take_said(), ElementsAre(said(3)));
}

// --- fewer and more consumers

TEST_F(ThreadedProcessingTest, ConsumersTakenAwayAndGivenBackWorkAgain) {
  start(3);
  messages(1);
  ASSERT_TRUE(begins("m1"));
  for (int i = 0; i < 50; ++i) {
    processing_->set_consumers(1);
    advance();
    processing_->set_consumers(3);
    advance();
  }
  messages(2);
  EXPECT_TRUE(advance_until([&] { return gates_.begun("m2") + gates_.begun("m3") == 2; }));
  EXPECT_EQ(processing_->busy(), 3u);
}

// --- in order by key

class ThreadedByKeyTest : public ThreadedProcessingTest {
 protected:
  ThreadedByKeyTest() {
    driver_.keyed_marker(2, "me/1", "me/1");
    driver_.beat("2:0:me:0:- 2:1:me:0:-");
  }
  /// m1, m2, ... with keys in these slots are received; all of them are in lane 0.
  void messages_of(const std::vector<std::uint16_t>& slots) {
    for (const auto slot : slots)
      driver_.node.on_message(R"({"message_id":"m)" + std::to_string(++sent_) + R"("})", {}, slot);
    driver_.node.on_batch_end(driver_.now);
    advance();
  }
  bool ready_in_view_2(std::uint64_t rank) {
    return advance_until([&] { return driver_.work(2, 0)->ready == rank; });
  }
};

TEST_F(ThreadedByKeyTest, OneConsumerHasAllMessagesOfAKeyInOrderAndHoldsUpNobodyElse) {
  start(2);
  messages_of({0, 1, 0, 1, 0, 1});
  ASSERT_TRUE(begins("m1") && begins("m2"));
  for (const auto* id : {"m2", "m4", "m6"}) gates_.open(id);
  ASSERT_TRUE(begins("m4") && begins("m6"));
  for (const auto* id : {"m3", "m5"}) gates_.open(id);
  EXPECT_EQ(gates_.begun("m3"), 0) << "an earlier message of its key is at work";
  gates_.open("m1");
  EXPECT_TRUE(ready_in_view_2(6));
}

TEST_F(ThreadedByKeyTest, WithoutAKeyWhoeverIsFreeHasIt) {
  start(2);
  messages_of({0, journal::kNoKey, journal::kNoKey});
  ASSERT_TRUE(begins("m1") && begins("m2"));
  gates_.open("m2");
  EXPECT_TRUE(begins("m3"));
}

TEST_F(ThreadedByKeyTest, WhenTheNumberOfConsumersChangesWhatIsHandedOutIsFinishedFirst) {
  start(2);
  messages_of({0, 1, 2});
  ASSERT_TRUE(begins("m1") && begins("m2"));
  gates_.open("m2");
  processing_->set_consumers(3);
  messages_of({5, 5});
  for (int i = 0; i < 100; ++i) advance();
  EXPECT_EQ(gates_.begun("m4"), 0);
  EXPECT_EQ(gates_.begun("m3"), 0) << "it waits behind m1";
  gates_.open_all();
  EXPECT_TRUE(ready_in_view_2(5));
}

TEST_F(ThreadedByKeyTest, NothingIsBegunOfALaneThatWaits) {
  driver_.known_below = 0;
  driver_.keyed_marker(3, "me/1", "me/1");
  start(2);
  messages_of({0, 1});
  for (int i = 0; i < 100; ++i) advance();
  EXPECT_EQ(gates_.begun("m1") + gates_.begun("m2"), 0);
  driver_.known_below = 3;
  driver_.beat("3:0:me:0:- 3:1:me:0:-");
  EXPECT_TRUE(begins("m1") && begins("m2"));
}

// --- the end

TEST_F(ThreadedProcessingTest, EndWaitsForWhatComesToAnEnd) {
  start(3);
  messages(2);
  ASSERT_TRUE(begins("m1"));
  gates_.open_all();
  EXPECT_TRUE(processing_->end());
}

TEST_F(ThreadedProcessingTest, EndDoesNotWaitForARetry) {
  settings_.retries = {10, std::chrono::hours(1), std::chrono::hours(1)};
  start(1);
  messages(1);
  gates_.fail("m1");
  ASSERT_TRUE(begins("m1"));
  EXPECT_TRUE(processing_->end());
}

TEST_F(ThreadedProcessingTest, EndDoesNotWaitForEverForAThreadThatHangsReplacedOrNot) {
  for (const bool with_timeout : {true, false}) {
    start(1, with_timeout);
    const auto id = "m" + std::to_string(sent_ + 1);
    messages(1);
    advance();
    ASSERT_TRUE(begins(id));
    if (with_timeout) advance_late();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(processing_->end());
    EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience);
    gates_.open(id);
    work().acknowledged = 1;
  }
}

TEST_F(ThreadedProcessingTest, ThreadThatComesBackAfterTheEndWakesNobody) {
  auto woken = std::make_shared<std::atomic<int>>(0);
  settings_.consumers = 1;
  processing_ = make_threaded_processing(settings_, [woken] { ++*woken; });
  messages(1);
  ASSERT_TRUE(begins("m1"));
  const std::weak_ptr<std::atomic<int>> held = woken;
  woken.reset();
  processing_.reset();
  EXPECT_TRUE(held.expired()) << "what is called back may be gone by then";
}

}  // namespace
}  // namespace tributary::relay
