#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "process/additions.hpp"
#include "process/payload.hpp"
#include "process/results.hpp"
#include "tributary/processor.hpp"

namespace tributary::process {

/// So many retries are made until it works.
inline constexpr unsigned kUnlimitedRetries = std::numeric_limits<unsigned>::max();

/// How often and how patiently one consumer tries a message that its processor fails on.
struct RetrySettings {
  unsigned retries = 3;  ///< after the first attempt
  /// Before the first retry, then doubled each time. A processor that does not block is tried again at once,
  /// since the node's only thread waits for it.
  std::chrono::milliseconds backoff{10};
  std::chrono::milliseconds longest_backoff{1000};
  /// If set: told of each attempt that failed and will be made again, with their number and why; and of 0 once
  /// that message is done, or the work on it has stopped. By the thread that processes.
  std::function<void(unsigned failed_attempts, const std::string& reason)> on_retry = {};
};

/// What became of one message.
enum class Fate {
  appended,
  dead_lettered,
  dropped,
  stopped,  ///< nothing was recorded: asked to stop while waiting for a retry
};

/// One consumer's work on one message: read the payload, process it, try again, record the result.
/// Belongs to one thread.
class MessagePipeline {
 public:
  MessagePipeline(std::unique_ptr<Processor> processor, RetrySettings settings, std::string consumer_id);

  /// The consumer named in the entries from now on.
  void set_consumer(std::string_view consumer_id) { consumer_id_ = consumer_id; }
  bool may_block() const { return may_block_; }

  /// Takes one message, with kPayloadPadding readable bytes behind its payload, and adds its result to
  /// `results`, whatever the payload holds and the processor does; only with Fate::stopped nothing is added.
  /// `stop` ends the wait before a retry, never a call of the processor.
  Fate process(std::string_view payload, std::string_view position, Results& results,
               std::stop_token stop = {});

  /// Why the last message that was dead-lettered was: as in its entry.
  const std::string& dead_letter_reason() const { return dead_letter_reason_; }

 private:
  Outcome attempt(const Message& message);
  bool wait_before_retry(unsigned failed_attempts, std::stop_token stop) const;

  std::unique_ptr<Processor> processor_;
  RetrySettings settings_;
  std::string consumer_id_;
  bool may_block_;
  PayloadParser parser_;
  Additions additions_;
  std::string reason_;
  std::string dead_letter_reason_;
};

}  // namespace tributary::process
