#pragma once

#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/additions.hpp"
#include "process/payload.hpp"
#include "process/recent_ids.hpp"
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
  skipped,  ///< taken for a duplicate: not processed, and up to the commit
  stopped,  ///< nothing was recorded: asked to stop while waiting for a retry
};

/// Makes a dead letter of a message that is not to be processed any more.
void give_up(const MessageFormat& format, const Record& record, std::string_view reason, unsigned attempts,
             std::string_view consumer_id, std::string_view position, Results& results);

/// Of a message at which nodes died: as in its dead letter, and how many.
std::string poison_reason(unsigned deaths);

/// One consumer's work on one message: read the payload, process it, try again, record the result.
/// Belongs to one thread.
class MessagePipeline {
 public:
  MessagePipeline(std::unique_ptr<Processor> processor, RetrySettings settings, std::string consumer_id,
                  const MessageFormat& format = {});

  /// Messages whose id is there are not processed, but left to the commit as duplicates. It must outlive this.
  void skip_if_in(const RecentIds& recent) { recent_ = &recent; }
  /// Hashes of the ids that were appended since the last call, if there is something to skip by.
  std::vector<std::uint64_t> take_appended() { return std::exchange(appended_, {}); }

  /// The consumer named in the entries from now on.
  void set_consumer(std::string_view consumer_id) { consumer_id_ = consumer_id; }
  bool may_block() const { return may_block_; }
  const MessageFormat& format() const { return format_; }
  bool looks_ahead() const { return looks_ahead_; }

  /// Tells a processor that looks_ahead() what process() will be called for next. Of these messages all but the
  /// id is set; padding as for process(). They are valid until the last was processed, or the next call.
  void expect(std::vector<Message> messages);
  /// See Processor::interrupt(). Any thread.
  void interrupt() { processor_->interrupt(); }

  /// Takes one message, with kPayloadPadding readable bytes behind its payload, and adds its result to
  /// `results`, whatever the payload holds and the processor does; only with Fate::stopped nothing is added.
  /// `stop` ends the wait before a retry, never a call of the processor.
  Fate process(const Record& message, std::string_view position, Results& results, std::stop_token stop = {});
  Fate process(std::string_view payload, std::string_view position, Results& results,
               std::stop_token stop = {}) {
    return process(Record{payload, format_.channel}, position, results, std::move(stop));
  }

  /// Why the last message that was dead-lettered was: as in its entry.
  const std::string& dead_letter_reason() const { return dead_letter_reason_; }

 private:
  bool is_skipped(const Message& message) const;
  Outcome attempt(const Message& message);
  void append(const Message& message, Results& results);
  void dead(const Message& message, std::string reason, unsigned attempts, Results& results);
  bool wait_before_retry(unsigned failed_attempts, std::stop_token stop) const;

  std::unique_ptr<Processor> processor_;
  RetrySettings settings_;
  std::string consumer_id_;
  bool may_block_;
  bool looks_ahead_;
  std::vector<Message> expected_;
  std::string expected_ids_;
  const RecentIds* recent_ = nullptr;
  std::vector<const char*> not_expected_;  // payloads that the processor was not told of
  std::vector<std::uint64_t> appended_;
  MessageFormat format_;
  bool id_is_member_;
  PayloadParser parser_;
  Additions additions_;
  std::string reason_;
  std::string dead_letter_reason_;
};

}  // namespace tributary::process
