#include "relay/consumer_pool.hpp"

#include "redis/event_loop.hpp"
#include "relay/position_text.hpp"

namespace tributary::relay {

ConsumerPool::ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake)
    : shared_(std::make_shared<Shared>()), consumers_(settings.consumers) {
  shared_->wake = std::move(wake);
  shared_->factory = settings.factory;
  shared_->retries = settings.retries;
  shared_->publish_each = settings.timeout_ms > 0;
  for (std::uint32_t i = 0; i < consumers_; ++i) start_thread();
}

ConsumerPool::~ConsumerPool() {
  for (auto& thread : threads_) thread.thread.request_stop();
  if (!stuck()) return;
  for (auto& thread : threads_) thread.thread.detach();
}

// Consumers are numbered from 1; one that takes the place of another gets the next of those numbers in turn.
void ConsumerPool::start_thread() {
  auto ended = std::make_shared<std::atomic<bool>>(false);
  std::jthread thread([shared = shared_, ended, number = started_++ % consumers_ + 1](std::stop_token stop) {
    work(stop, shared, number);
    ended->store(true, std::memory_order_release);
  });
  threads_.push_back({std::move(thread), std::move(ended)});
}

bool ConsumerPool::replace_stuck() {
  if (stuck_threads() >= consumers_) return false;
  std::erase_if(threads_, [](const auto& thread) { return thread.ended->load(std::memory_order_acquire); });
  ++replaced_;
  start_thread();
  return true;
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

void ConsumerPool::work(std::stop_token stop, std::shared_ptr<Shared> shared, std::uint32_t number) {
  process::MessagePipeline pipeline(shared->factory(), shared->retries, "");
  while (true) {
    Job job;
    {
      std::unique_lock lock(shared->mutex);
      if (!shared->some_work.wait(lock, stop, [&] { return !shared->jobs.empty(); })) return;
      if (stop.stop_requested()) return;
      job = std::move(shared->jobs.front());
      shared->jobs.pop_front();
    }
    const auto consumer = job.member + "." + std::to_string(number);
    pipeline.set_consumer(consumer);
    {
      const std::lock_guard lock(job.run->mutex);
      job.run->consumer = consumer;
    }
    shared->busy.fetch_add(1, std::memory_order_relaxed);
    const bool go_on = process(stop, *shared, pipeline, *job.run);
    shared->busy.fetch_sub(1, std::memory_order_relaxed);
    if (!go_on) {  // given up on: another thread has this place now
      shared->came_back.fetch_add(1, std::memory_order_release);
      return;
    }
    shared->wake();
  }
}

// False if the run was abandoned: then this thread's results are not wanted any more.
bool ConsumerPool::process(std::stop_token stop, Shared& shared, process::MessagePipeline& pipeline,
                           Run& run) {
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
    }
    const auto fate = pipeline.process(run.payload(i), position(run.positions[i]), results, stop);
    const std::lock_guard lock(run.mutex);
    run.message_started = -1;
    if (run.abandoned) return false;
    if (fate == process::Fate::stopped) return true;
    if (shared.publish_each || i + 1 == run.positions.size()) publish(i + 1);
  }
  return true;
}

}  // namespace tributary::relay
