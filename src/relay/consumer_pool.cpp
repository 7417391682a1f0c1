#include "relay/consumer_pool.hpp"

#include <algorithm>
#include <utility>

#include "process/entries.hpp"
#include "relay/position_text.hpp"

namespace tributary::relay {
namespace {

constexpr std::uint32_t kFewestStuck = 4;  // so many threads may hang, however few the consumers
constexpr std::chrono::seconds kLongestEnd{2};

}  // namespace

ConsumerPool::ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake)
    : shared_(std::make_shared<Shared>()) {
  shared_->wake = std::move(wake);
  shared_->factory = settings.factory;
  shared_->retries = settings.retries;
  shared_->meter = settings.meter;
  shared_->format = settings.format;
  shared_->clock = settings.clock;
  shared_->publish_each = settings.timeout_ms > 0;
  resize(settings.consumers);
}

ConsumerPool::~ConsumerPool() {
  if (!ending_) end();
  const std::lock_guard lock(shared_->mutex);
  shared_->wake = nullptr;
  each_thread([](Consumer& consumer) {
    if (!consumer.ended()) consumer.thread.detach();
  });
}

bool ConsumerPool::end() {
  ending_ = true;
  each_thread([](Consumer& consumer) { consumer.thread.request_stop(); });
  std::unique_lock lock(shared_->mutex);
  return shared_->some_end.wait_for(lock, kLongestEnd, [&] {
    bool all = true;
    each_thread([&](const Consumer& consumer) { all = all && consumer.ended(); });
    return all;
  });
}

template <class Take>
void ConsumerPool::each_thread(Take take) {
  for (auto* threads : {&consumers_, &former_}) {
    for (auto& consumer : *threads) take(consumer);
  }
}

ConsumerPool::Consumer ConsumerPool::start(std::uint32_t number) const {
  auto state = std::make_shared<State>();
  std::jthread thread([shared = shared_, state, number](const std::stop_token& stop) {
    work(stop, *shared, *state, number);
    const std::lock_guard lock(shared->mutex);
    state->ended.store(true, std::memory_order_release);
    shared->some_end.notify_all();
  });
  return {std::move(thread), std::move(state)};
}

// Those that ended are joined here, which takes no time; the others are kept until they do.
void ConsumerPool::put_aside(Consumer& consumer, std::uint32_t number) {
  std::erase_if(former_, [](const Consumer& old) { return old.ended(); });
  former_.push_back(std::exchange(consumer, start(number)));
}

void ConsumerPool::resize(std::uint32_t consumers) {
  if (consumers == wanted_) return;
  wanted_ = consumers;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->consumers = consumers;
    for (std::uint32_t i = 0; i < consumers; ++i) {
      if (i >= consumers_.size()) {
        consumers_.push_back(start(i + 1));
      } else if (consumers_[i].state->retired) {
        put_aside(consumers_[i], i + 1);
      }
    }
  }
  shared_->some_work.notify_all();
}

std::uint32_t ConsumerPool::stuck() const {
  return static_cast<std::uint32_t>(
      std::count_if(former_.begin(), former_.end(), [](const Consumer& old) { return !old.ended(); }));
}

bool ConsumerPool::may_replace() const { return stuck() < std::max(kFewestStuck, wanted_); }

bool ConsumerPool::replace(std::uint32_t consumer) {
  if (!may_replace()) return false;
  auto& hanging = consumers_.at(consumer - 1);
  hanging.thread.request_stop();
  put_aside(hanging, consumer);
  return true;
}

std::uint32_t ConsumerPool::busy() const {
  return static_cast<std::uint32_t>(std::count_if(
      consumers_.begin(), consumers_.end(),
      [](const Consumer& c) { return c.state->message_started.load(std::memory_order_relaxed) >= 0; }));
}

std::vector<std::uint32_t> ConsumerPool::active(TimeMs now, TimeMs longest_ms) const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < consumers_.size() && i < wanted_; ++i) {
    const auto started = consumers_[i].state->message_started.load(std::memory_order_relaxed);
    if (started < 0 || now - started < longest_ms) numbers.push_back(i + 1);
  }
  return numbers;
}

std::vector<ConsumerPool::AtMessage> ConsumerPool::at_message(TimeMs now, TimeMs longest_ms) const {
  std::vector<AtMessage> found;
  for (std::uint32_t i = 0; i < consumers_.size(); ++i) {
    const auto& state = *consumers_[i].state;
    const auto started = state.message_started.load(std::memory_order_relaxed);
    if (started < 0 || now - started < longest_ms) continue;
    const std::lock_guard lock(shared_->mutex);
    if (state.run) found.push_back({i + 1, state.run});
  }
  return found;
}

void ConsumerPool::hand_in(std::shared_ptr<Run> run, bool in_front) {
  const auto only_by = run->only_by;
  {
    const std::lock_guard lock(shared_->mutex);
    auto& all = shared_->waiting;
    if (all.size() <= only_by) all.resize(only_by + 1);
    auto& waiting = all[only_by];
    waiting.insert(in_front ? waiting.begin() : waiting.end(), std::move(run));
  }
  if (only_by == 0) {
    shared_->some_work.notify_one();
  } else {
    shared_->some_work.notify_all();  // which of them it is, the condition cannot choose
  }
}

std::size_t ConsumerPool::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  std::size_t sum = 0;
  for (const auto& of_one : shared_->waiting) sum += of_one.size();
  return sum;
}

void ConsumerPool::work(const std::stop_token& stop, Shared& shared, State& state, std::uint32_t number) {
  auto retries = shared.retries;
  const bool unlimited = retries.retries == process::kUnlimitedRetries;
  if (unlimited || shared.meter) {
    retries.on_retry = [&, number, unlimited](unsigned failed_attempts, const std::string& reason) {
      if (shared.meter && failed_attempts > 0) shared.meter->failed_attempt();
      if (unlimited) tell_retry(shared, state, number, failed_attempts, reason);
    };
  }
  const auto begin = [&] { return process::MessagePipeline(shared.factory(), retries, "", shared.format); };
  auto pipeline = begin();
  while (const auto run = next_run(stop, shared, state, number)) {
    pipeline.set_consumer(run->consumer(number));
    bool interrupted = false;
    process(stop, shared, state, pipeline, *run, interrupted);
    if (interrupted && !stop.stop_requested()) pipeline = begin();  // an interruption is for good
  }
}

// Who tries again is not hanging: its time at the message begins anew.
void ConsumerPool::tell_retry(Shared& shared, State& state, std::uint32_t number, unsigned failed_attempts,
                              const std::string& reason) {
  if (failed_attempts == 0) return shared.kept.over(number);
  const auto now = shared.clock();
  shared.kept.failed(number, failed_attempts, reason, now);
  auto& run = *state.run;  // only this thread changes which it is
  const std::lock_guard lock(run.mutex);
  run.message_started = now;
  state.message_started.store(now, std::memory_order_relaxed);
}

// Nothing if the thread is to end.
std::shared_ptr<Run> ConsumerPool::next_run(const std::stop_token& stop, Shared& shared, State& state,
                                            std::uint32_t number) {
  std::unique_lock lock(shared.mutex);
  if (std::exchange(state.run, nullptr) && shared.wake) shared.wake();
  const auto something = [&] { return shared.waiting_for(number) || number > shared.consumers; };
  if (!shared.some_work.wait(lock, stop, something) || stop.stop_requested()) return nullptr;
  if (number > shared.consumers) {
    state.retired = true;
    if (number < shared.waiting.size())
      shared.waiting[number].clear();  // abandoned, or there would be as many
    shared.some_work.notify_one();     // it was perhaps woken for work
    return nullptr;
  }
  auto& waiting = *shared.waiting_for(number);
  state.run = std::move(waiting.front());
  waiting.pop_front();
  return state.run;
}

// Tells the processor of all messages of the run, which have their positions in `positions`.
void ConsumerPool::expect(process::MessagePipeline& pipeline, const Run& run, std::string& positions) {
  PositionText position(run.lane.view);
  std::vector<std::size_t> ends;
  for (const auto number : run.positions) {
    positions += position(number);
    ends.push_back(positions.size());
  }
  std::vector<Message> messages;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < ends.size(); begin = ends[i++]) {
    const auto [payload, channel] = process::split_record(pipeline.format(), run.payload(i));
    messages.push_back({payload, {}, std::string_view(positions).substr(begin, ends[i] - begin), channel, 1});
  }
  pipeline.expect(std::move(messages));
}

void ConsumerPool::process(const std::stop_token& stop, const Shared& shared, State& state,
                           process::MessagePipeline& pipeline, Run& run, bool& interrupted) {
  const std::stop_callback replaced(stop, [&run] { run.abandon.request_stop(); });
  if (run.abandoned()) return;
  std::string positions;
  if (pipeline.looks_ahead()) expect(pipeline, run, positions);
  const std::stop_callback abandoned(run.abandon.get_token(), [&] {
    interrupted = true;  // who reads it does so after the end of this callback
    pipeline.interrupt();
  });
  PositionText position(run.lane.view);
  process::EntryRuns results;
  const auto publish = [&](std::size_t done) {
    results.finish();
    run.arguments += results.bytes();
    run.argument_count += results.arguments();
    run.dead_lettered += results.dead_lettered();
    run.dropped += results.dropped();
    run.done = done;
    results.clear();
  };
  for (std::size_t i = 0; i < run.positions.size(); ++i) {
    {
      const std::lock_guard lock(run.mutex);
      if (run.abandoned()) return;
      run.message = i;
      run.message_started = shared.clock();
      state.message_started.store(run.message_started, std::memory_order_relaxed);
    }
    const auto began = shared.meter ? now_us() : 0;
    pipeline.process(process::split_record(shared.format, run.payload(i)), position(run.positions[i]),
                     results, run.abandon.get_token());
    if (shared.meter) shared.meter->took(now_us() - began);
    const std::lock_guard lock(run.mutex);
    run.message_started = -1;
    state.message_started.store(-1, std::memory_order_relaxed);
    if (run.abandoned()) return;
    if (shared.publish_each || i + 1 == run.positions.size()) publish(i + 1);
  }
}

}  // namespace tributary::relay
