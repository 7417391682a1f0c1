#include "relay/consumer_pool.hpp"

#include <algorithm>
#include <utility>

#include "process/entries.hpp"
#include "redis/event_loop.hpp"
#include "relay/position_text.hpp"

namespace tributary::relay {

ConsumerPool::ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake)
    : shared_(std::make_shared<Shared>()) {
  shared_->wake = std::move(wake);
  shared_->factory = settings.factory;
  shared_->retries = settings.retries;
  shared_->publish_each = settings.timeout_ms > 0;
  resize(settings.consumers);
}

ConsumerPool::~ConsumerPool() {
  for (auto* threads : {&consumers_, &abandoned_}) {
    for (auto& consumer : *threads) consumer.thread.request_stop();
  }
  if (!stuck()) return;
  for (auto* threads : {&consumers_, &abandoned_}) {
    for (auto& consumer : *threads) consumer.thread.detach();
  }
}

ConsumerPool::Consumer ConsumerPool::start(std::uint32_t number) {
  auto sign = std::make_shared<Sign>();
  std::jthread thread([shared = shared_, sign, number](std::stop_token stop) {
    work(stop, shared, sign, number);
    sign->ended.store(true, std::memory_order_release);
  });
  return {std::move(thread), std::move(sign)};
}

void ConsumerPool::resize(std::uint32_t consumers) {
  if (consumers == wanted_) return;
  wanted_ = consumers;
  shared_->some_work.notify_all();
  const std::lock_guard lock(shared_->mutex);
  shared_->consumers = consumers;
  for (std::uint32_t i = 0; i < consumers; ++i) {
    if (i >= consumers_.size()) {
      consumers_.push_back(start(i + 1));
    } else if (consumers_[i].sign->ended.load(std::memory_order_acquire)) {
      consumers_[i] = start(i + 1);
    }
  }
}

bool ConsumerPool::replace(std::uint32_t number) {
  if (stuck_threads() >= std::max(wanted_, 1u) || number == 0 || number > consumers_.size()) return false;
  std::erase_if(abandoned_, [](const auto& old) { return old.sign->ended.load(std::memory_order_acquire); });
  abandoned_.push_back(std::exchange(consumers_[number - 1], start(number)));
  ++replaced_;
  return true;
}

std::uint32_t ConsumerPool::busy() const {
  std::uint32_t busy = 0;
  for (const auto& consumer : consumers_)
    busy += consumer.sign->message_started.load(std::memory_order_relaxed) >= 0;
  return busy;
}

std::vector<std::uint32_t> ConsumerPool::active(TimeMs now, TimeMs longest_ms) const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < consumers_.size() && i < wanted_; ++i) {
    const auto started = consumers_[i].sign->message_started.load(std::memory_order_relaxed);
    if (started < 0 || now - started < longest_ms) numbers.push_back(i + 1);
  }
  return numbers;
}

void ConsumerPool::hand_in(std::shared_ptr<Run> run, const std::string& member, bool in_front) {
  {
    const std::lock_guard lock(shared_->mutex);
    Job job{std::move(run), member};
    if (in_front) {
      shared_->jobs.push_front(std::move(job));
    } else {
      shared_->jobs.push_back(std::move(job));
    }
  }
  shared_->some_work.notify_one();
}

std::size_t ConsumerPool::waiting() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->jobs.size();
}

void ConsumerPool::work(std::stop_token stop, std::shared_ptr<Shared> shared, std::shared_ptr<Sign> sign,
                        std::uint32_t number) {
  process::MessagePipeline pipeline(shared->factory(), shared->retries, "");
  while (true) {
    Job job;
    {
      std::unique_lock lock(shared->mutex);
      const auto something = [&] { return !shared->jobs.empty() || number > shared->consumers; };
      if (!shared->some_work.wait(lock, stop, something)) return;
      if (stop.stop_requested()) return;
      if (number > shared->consumers) {
        sign->ended.store(true, std::memory_order_release);  // under the lock: resize() must not miss it
        shared->some_work.notify_one();                      // it was perhaps woken for work
        return;
      }
      job = std::move(shared->jobs.front());
      shared->jobs.pop_front();
    }
    const auto consumer = job.member + "." + std::to_string(number);
    pipeline.set_consumer(consumer);
    {
      const std::lock_guard lock(job.run->mutex);
      job.run->consumer = consumer;
      job.run->number = number;
    }
    const bool go_on = process(stop, *shared, *sign, pipeline, *job.run);
    if (!go_on) {  // given up on: another thread has this place now
      shared->came_back.fetch_add(1, std::memory_order_release);
      return;
    }
    shared->wake();
  }
}

// False if the run was abandoned: then this thread's results are not wanted any more.
bool ConsumerPool::process(std::stop_token stop, Shared& shared, Sign& sign,
                           process::MessagePipeline& pipeline, Run& run) {
  PositionText position(run.lane.view);
  process::EntryRuns results;
  const auto publish = [&](std::size_t done) {
    results.finish();
    run.arguments += results.bytes();
    run.argument_count += results.arguments();
    run.done = done;
    results.clear();
  };
  for (std::size_t i = 0; i < run.positions.size(); ++i) {
    {
      const std::lock_guard lock(run.mutex);
      if (run.abandoned || stop.stop_requested()) return !run.abandoned;
      run.message_started = redis::EventLoop::now_ms();
      sign.message_started.store(run.message_started, std::memory_order_relaxed);
    }
    const auto fate = pipeline.process(run.payload(i), position(run.positions[i]), results, stop);
    const std::lock_guard lock(run.mutex);
    run.message_started = -1;
    sign.message_started.store(-1, std::memory_order_relaxed);
    if (run.abandoned) return false;
    if (fate == process::Fate::stopped) return true;
    if (shared.publish_each || i + 1 == run.positions.size()) publish(i + 1);
  }
  return true;
}

}  // namespace tributary::relay
