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
  std::uint32_t number = 0;  ///< of the consumer
  bool abandoned = false;    ///< given up by the node: whoever still works on it stops

  std::uint64_t end() const { return first + positions.size(); }
  std::string_view payload(std::size_t index) const {
    const auto begin = index == 0 ? 0 : ends[index - 1];
    return {payloads.data() + begin, ends[index] - begin};
  }
};

/// Threads that process runs, a thread for each consumer; consumers are numbered from 1. Runs are handed in,
/// and the number of consumers is changed, by one thread.
class ConsumerPool {
 public:
  ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake);
  /// Waits for the messages being processed, unless a thread is stuck.
  ~ConsumerPool();

  /// At least 1. Consumers above the number end after the run they are at.
  void resize(std::uint32_t consumers);
  void hand_in(std::shared_ptr<Run> run, const std::string& member, bool in_front);
  std::size_t waiting() const;
  std::uint32_t busy() const;
  /// Numbers of the consumers that are idle, or at a message for less than `longest_ms`.
  std::vector<std::uint32_t> active(TimeMs now, TimeMs longest_ms) const;
  /// The consumer hangs in a processor: another thread takes its place. False while there are as many stuck
  /// as consumers.
  bool replace(std::uint32_t number);
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
    std::uint32_t consumers = 0;  // those above it end
    std::function<void()> wake;
    std::atomic<std::uint32_t> came_back{0};  // threads that were replaced and ended after all
    process::ProcessorFactory factory;
    process::RetrySettings retries;
    bool publish_each =
        false;  // results after each message, so that a hanging one does not hold back those before it
  };
  // What a thread tells of itself.
  struct Sign {
    std::atomic<TimeMs> message_started{-1};  // -1: idle
    std::atomic<bool> ended{false};
  };
  struct Consumer {
    std::jthread thread;
    std::shared_ptr<Sign> sign;
  };

  static void work(std::stop_token stop, std::shared_ptr<Shared> shared, std::shared_ptr<Sign> sign,
                   std::uint32_t number);
  static bool process(std::stop_token stop, Shared& shared, Sign& sign, process::MessagePipeline& pipeline,
                      Run& run);
  Consumer start(std::uint32_t number);
  std::uint32_t stuck_threads() const {
    return replaced_ - shared_->came_back.load(std::memory_order_acquire);
  }

  std::shared_ptr<Shared> shared_;
  std::vector<Consumer> consumers_;  // by number - 1; may hold ended ones above the number wanted
  std::vector<Consumer> abandoned_;
  std::uint32_t wanted_ = 0;
  std::uint32_t replaced_ = 0;
};

}  // namespace tributary::relay
