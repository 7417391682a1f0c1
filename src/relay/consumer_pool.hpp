#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "relay/kept_messages.hpp"
#include "relay/processing.hpp"
#include "relay/run.hpp"

namespace tributary::relay {

/// Threads that process runs, a thread for each consumer; consumers are numbered from 1. A thread that hangs
/// in the processor cannot be stopped, only replaced: it ends if it ever comes back. Everything here is
/// called by the node's thread.
class ConsumerPool {
 public:
  /// `wake` is called, by any thread, when one is done with a run.
  ConsumerPool(const ProcessingSettings& settings, std::function<void()> wake);
  /// As end(), if that was not called. A thread that hangs is left behind; it will not call `wake` any more.
  ~ConsumerPool();

  /// At least 1. Consumers above the number end after the run they are at.
  void resize(std::uint32_t consumers);
  /// For any consumer, or for the one that the run names.
  void hand_in(std::shared_ptr<Run> run, bool in_front);
  std::size_t waiting() const;

  std::uint32_t busy() const;
  /// Numbers of the consumers that are idle, or at a message for less than `longest_ms`.
  std::vector<std::uint32_t> active(TimeMs now, TimeMs longest_ms) const;
  /// Consumers that seem to be at one message of this run for `longest_ms` or more. Whether they still are,
  /// the run tells, under its mutex.
  struct AtMessage {
    std::uint32_t consumer;
    std::shared_ptr<Run> run;
  };
  std::vector<AtMessage> at_message(TimeMs now, TimeMs longest_ms) const;

  /// Gives the consumer another thread; the one it had ends as soon as it comes back from the processor, and
  /// its run is abandoned. False at the bound: as many hang as there are consumers, and at least 4.
  bool replace(std::uint32_t consumer);
  /// Threads that were replaced and have not come back.
  std::uint32_t stuck() const;
  bool may_replace() const;

  /// What consumers keep, if there is no end of retries.
  KeptMessages& kept() { return shared_->kept; }
  const KeptMessages& kept() const { return shared_->kept; }

  /// Asks all threads to end, and waits for up to 2 s. False if some did not.
  bool end();

 private:
  // What a thread tells of itself.
  struct State {
    std::atomic<TimeMs> message_started{-1};  // -1: at none
    std::shared_ptr<Run> run;                 // being processed; under the pool's mutex
    bool retired = false;                     // ends: there are fewer consumers now; under the pool's mutex
    std::atomic<bool> ended{false};           // set under the pool's mutex
  };
  // Outlives the pool where a thread hangs.
  struct Shared {
    std::mutex mutex;
    std::condition_variable_any some_work;
    std::condition_variable some_end;
    // By consumer, and in place 0 for any.
    std::vector<std::deque<std::shared_ptr<Run>>> waiting{1};
    std::deque<std::shared_ptr<Run>>* waiting_for(std::uint32_t number) {
      for (const auto place : {number, 0u}) {
        if (place < waiting.size() && !waiting[place].empty()) return &waiting[place];
      }
      return nullptr;
    }
    std::uint32_t consumers = 0;  // those above it end
    std::function<void()> wake;   // none once the pool is gone
    process::ProcessorFactory factory;
    process::RetrySettings retries;
    std::shared_ptr<ProcessingMeter> meter;
    process::MessageFormat format;
    KeptMessages kept;
    TimeMs (*clock)() = nullptr;
    // Results after each message, so that one that is given up does not take along those before it.
    bool publish_each = false;
  };
  struct Consumer {
    std::jthread thread;
    std::shared_ptr<State> state;
    bool ended() const { return state->ended.load(std::memory_order_acquire); }
  };

  static void work(const std::stop_token& stop, Shared& shared, State& state, std::uint32_t number);
  static std::shared_ptr<Run> next_run(const std::stop_token& stop, Shared& shared, State& state,
                                       std::uint32_t number);
  static void process(const std::stop_token& stop, const Shared& shared, State& state,
                      process::MessagePipeline& pipeline, Run& run, bool& interrupted);
  static void expect(process::MessagePipeline& pipeline, const Run& run, std::string& positions);
  static void tell_retry(Shared& shared, State& state, std::uint32_t number, unsigned failed_attempts,
                         const std::string& reason);
  Consumer start(std::uint32_t number) const;
  void put_aside(Consumer& consumer, std::uint32_t number);
  template <class Take>
  void each_thread(Take take);

  std::shared_ptr<Shared> shared_;
  std::vector<Consumer> consumers_;  // by number - 1; those above the number wanted end
  std::vector<Consumer> former_;     // whose place another thread has
  std::uint32_t wanted_ = 0;
  bool ending_ = false;
};

}  // namespace tributary::relay
