#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "relay/processing.hpp"

namespace tributary::relay {

/// Some messages of one lane in a row, on their way through one consumer. The payloads are copies: a consumer
/// may hang on to them for longer than the journal does.
struct Run {
  group::LaneId lane;
  std::uint64_t first = 0;               ///< rank of the first message
  std::vector<std::uint64_t> positions;  ///< of each
  std::string payloads;                  ///< one behind the other, padded at the end
  std::vector<std::size_t> ends;

  std::mutex mutex;  // for what follows
  std::string arguments;
  std::size_t argument_count = 0;
  std::size_t done = 0;         ///< messages with results
  TimeMs message_started = -1;  ///< when the present message began; -1: none is being processed
  std::string consumer;
  bool abandoned = false;  ///< given up by the node: whoever still works on it stops

  std::uint64_t end() const { return first + positions.size(); }
  std::string_view payload(std::size_t index) const {
    const auto begin = index == 0 ? 0 : ends[index - 1];
    return {payloads.data() + begin, ends[index] - begin};
  }
};

/// Threads that process runs, a thread for each consumer. Runs are handed in by one thread.
class ConsumerPool {
 public:
  ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake);
  /// Waits for the messages being processed, unless a thread is stuck.
  ~ConsumerPool();

  void hand_in(std::shared_ptr<Run> run, const std::string& member, bool in_front);
  std::size_t waiting() const;
  std::uint32_t busy() const { return shared_->busy.load(std::memory_order_relaxed); }
  /// A thread hangs in a processor: another takes its place. False while there are as many stuck as
  /// consumers.
  bool replace_stuck();
  bool stuck() const { return stuck_threads() > 0; }

 private:
  struct Job {
    std::shared_ptr<Run> run;
    std::string member;
  };
  // Outlives the pool where a thread is stuck.
  struct Shared {
    std::mutex mutex;
    std::condition_variable_any some_work;
    std::deque<Job> jobs;
    std::function<void()> wake;
    std::atomic<std::uint32_t> busy{0};
    std::atomic<std::uint32_t> came_back{0};  // threads that were replaced and ended after all
    process::ProcessorFactory factory;
    process::RetrySettings retries;
    bool publish_each =
        false;  // results after each message, so that a hanging one does not hold back those before it
  };

  static void work(std::stop_token stop, std::shared_ptr<Shared> shared, std::uint32_t number);
  static bool process(std::stop_token stop, Shared& shared, process::MessagePipeline& pipeline, Run& run);
  void start_thread();
  std::uint32_t stuck_threads() const {
    return replaced_ - shared_->came_back.load(std::memory_order_acquire);
  }

  struct Thread {
    std::jthread thread;
    std::shared_ptr<std::atomic<bool>> ended;
  };

  std::shared_ptr<Shared> shared_;
  std::vector<Thread> threads_;
  std::uint32_t consumers_;
  std::uint32_t started_ = 0;
  std::uint32_t replaced_ = 0;
};

}  // namespace tributary::relay
