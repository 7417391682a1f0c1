// tributary::Consumer: a node as a part of somebody's program, here of this one.
#include "tributary/consumer.hpp"

#include <atomic>
#include <csignal>
#include <latch>
#include <mutex>
#include <thread>

#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

/// Adds a field that says which number a message was here.
class Counting final : public Processor {
 public:
  Counting(std::atomic<int>& count, bool may_block) : count_(count), may_block_(may_block) {}
  Outcome process(const Message&, FieldSink& fields, std::string&) override {
    fields.add("seen", std::to_string(++count_));
    return Outcome::append;
  }
  bool may_block() const override { return may_block_; }

 private:
  std::atomic<int>& count_;
  bool may_block_;
};

/// A consumer on a thread of its own, with the log it writes.
class Running {
 public:
  Running(ConsumerSettings settings, ProcessorFactory factory)
      : consumer_(with_log(std::move(settings)), std::move(factory)),
        thread_([this] { error_ = consumer_.run(); }) {}
  ~Running() {
    consumer_.stop_now();
    if (thread_.joinable()) thread_.join();
  }
  Consumer& consumer() { return consumer_; }
  std::optional<Error> end() {
    thread_.join();
    return error_;
  }
  std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

 private:
  ConsumerSettings with_log(ConsumerSettings settings) {
    settings.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      log_.append(line).append("\n");
    };
    return settings;
  }

  std::mutex mutex_;
  std::string log_;
  std::optional<Error> error_;
  Consumer consumer_;
  std::thread thread_;
};

class ConsumerInProgram : public Scenario {
 protected:
  /// As quick_times(), so that nodes may be in the same group.
  ConsumerSettings settings() {
    ConsumerSettings settings;
    settings.redis_url = redis_.url();
    settings.lease = 500ms;
    settings.beat = 100ms;
    settings.replay_window = 1200ms;
    return settings;
  }
  std::unique_ptr<Running> start(std::atomic<int>& count, bool may_block) {
    const auto before = group().members.size();
    auto running = std::make_unique<Running>(
        settings(), [&count, may_block] { return std::make_unique<Counting>(count, may_block); });
    EXPECT_TRUE(wait_until([&] { return group().members.size() == before + 1; }, kPatience))
        << running->log();
    return running;
  }
};

TEST_F(ConsumerInProgram, TwoOfThemAndANodeShareAGroup) {
  std::atomic<int> first_count = 0;
  std::atomic<int> second_count = 0;
  start_node();
  const auto first = start(first_count, false);
  const auto second = start(second_count, true);
  EXPECT_EQ(group().consumer_ids.size(), 6U);
  start_publishing(20'000, 10'000);
  EXPECT_TRUE(wait_until([&] { return first_count > 100 && second_count > 100; }, kPatience));
  first->consumer().stop();
  EXPECT_EQ(first->end(), std::nullopt);
  EXPECT_EQ(group().members.size(), 2U);
  finish_publishing();
  second->consumer().stop();
  EXPECT_EQ(second->end(), std::nullopt);
  EXPECT_FALSE(second->consumer().threads_left());
  stop_nodes();
  expect_clean(verify_ledger());
  expect_nothing_left_open();

  int seen = 0;
  for (const auto& entry : read_entries(client_, "messages:processed")) {
    EXPECT_NE(value_of(entry, "processed").empty(), value_of(entry, "seen").empty());
    if (!value_of(entry, "seen").empty()) ++seen;
  }
  EXPECT_GT(seen, 200);
  EXPECT_LT(seen, 20'000);
  for (const auto& one : {first.get(), second.get()}) {
    EXPECT_NE(one->log().find("processor embedded"), std::string::npos) << one->log();
    EXPECT_NE(one->log().find("left the group: received"), std::string::npos) << one->log();
  }
}

TEST_F(ConsumerInProgram, WithoutAFactoryTheSettingsSayWhatProcesses) {
  auto with_delay = settings();
  with_delay.processor = "delay:1ms";
  with_delay.input_patterns = {"messages:*"};
  Running running(with_delay, {});
  ASSERT_TRUE(wait_until([&] { return !group().members.empty(); }, kPatience)) << running.log();
  publish(100);
  finish_publishing();
  running.consumer().stop();
  EXPECT_EQ(running.end(), std::nullopt);
  expect_clean(verify_ledger());
}

Consumer* to_stop = nullptr;

TEST_F(ConsumerInProgram, ASignalHandlerMayStopIt) {
  std::atomic<int> count = 0;
  const auto running = start(count, false);
  to_stop = &running->consumer();
  const auto before = std::signal(SIGUSR1, [](int) { to_stop->stop(); });
  std::raise(SIGUSR1);
  EXPECT_EQ(running->end(), std::nullopt);
  std::signal(SIGUSR1, before);
  expect_nothing_left_open();
}

/// Does not come back before it is told to.
class Hanging final : public Processor {
 public:
  Hanging(std::atomic<bool>& begun, std::shared_ptr<std::latch> release)
      : begun_(begun), release_(std::move(release)) {}
  Outcome process(const Message&, FieldSink&, std::string&) override {
    begun_ = true;
    release_->wait();
    return Outcome::append;
  }
  bool may_block() const override { return true; }

 private:
  std::atomic<bool>& begun_;
  std::shared_ptr<std::latch> release_;
};

TEST_F(ConsumerInProgram, StopNowLeavesAHangingProcessorBehind) {
  static std::atomic<bool> begun = false;
  const auto release = std::make_shared<std::latch>(1);
  auto one = settings();
  one.consumers = 1;
  auto running = std::make_unique<Running>(one, [=] { return std::make_unique<Hanging>(begun, release); });
  ASSERT_TRUE(wait_until([&] { return !group().members.empty(); }, kPatience));
  client_.command({"PUBLISH", "messages:published", R"({"message_id":"a"})"});
  ASSERT_TRUE(wait_until([&] { return begun.load(); }, kPatience));
  running->consumer().stop_now();
  EXPECT_EQ(running->end(), std::nullopt);
  EXPECT_TRUE(running->consumer().threads_left());
  running.reset();
  release->count_down();  // the consumer is gone, but nothing that the thread needs
  EXPECT_TRUE(wait_until([&] { return release.use_count() == 1; }, kPatience));
}

TEST_F(ConsumerInProgram, StopNowLeavesWhatItHoldsInItsJournalFiles) {
  auto one = settings();
  one.journal_dir = files_.file("journal");
  one.processor = "delay:1s";
  Running running(one, {});
  ASSERT_TRUE(wait_until([&] { return !group().members.empty(); }, kPatience)) << running.log();
  publish(100, 10'000);
  running.consumer().stop_now();
  EXPECT_EQ(running.end(), std::nullopt);
  EXPECT_LT(appended(), 100);
  one.processor = "stamp";
  Running again(one, {});
  EXPECT_TRUE(wait_until([&] { return appended() == 100; }, kPatience)) << again.log();
  expect_clean(verify_ledger());
}

TEST_F(ConsumerInProgram, StoppedBeforeItRunsItDoesNotRun) {
  Consumer consumer(settings());
  consumer.stop();
  EXPECT_EQ(consumer.run(), std::nullopt);
  EXPECT_EQ(group().view, "");
}

TEST_F(ConsumerInProgram, ErrorsOfTheServerAreReturned) {
  auto wrong = settings();
  wrong.redis_url = "unix://" + files_.file("nobody.sock");
  wrong.connect_timeout = 300ms;
  auto error = Consumer(wrong).run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind, ErrorKind::unavailable) << error->message;
  EXPECT_NE(error->message.find("nobody.sock"), std::string::npos) << error->message;

  wrong = settings();
  wrong.redis_password = "secret";
  error = Consumer(wrong).run();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message.find("secret"), std::string::npos) << error->message;
}

TEST_F(ConsumerInProgram, AnotherLeaseThanThatOfTheGroupIsAnError) {
  start_node();
  auto other = settings();
  other.lease = 600ms;
  other.replay_window = 1500ms;
  const auto error = Consumer(other).run();
  ASSERT_TRUE(error);
  EXPECT_NE(error->message.find("lease 600ms"), std::string::npos) << error->message;
}

}  // namespace
}  // namespace tributary::test
