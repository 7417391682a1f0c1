#include "process/pipeline.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/base/check.hpp"

namespace tributary::process {
namespace {

constexpr std::size_t kLongestReason = 1000;

/// Cuts what a processor said to one line of bounded length.
std::string one_line(std::string_view reason) {
  std::string line(reason.substr(0, kLongestReason));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; },
      ' ');
  return line.empty() ? "no reason given" : line;
}

std::string failed_after(unsigned attempts, std::string_view reason) {
  return "failed after " + std::to_string(attempts) + (attempts == 1 ? " attempt: " : " attempts: ") +
         one_line(reason);
}

// Tells of the retries of one message, and of their end.
struct ToldRetries {
  const std::function<void(unsigned, const std::string&)>& tell;
  bool told = false;

  void failed(unsigned attempts, std::string_view reason) {
    if (!tell) return;
    told = true;
    tell(attempts, one_line(reason));
  }
  ~ToldRetries() {
    if (told) tell(0, {});
  }
};

}  // namespace

MessagePipeline::MessagePipeline(std::unique_ptr<Processor> processor, RetrySettings settings,
                                 std::string consumer_id)
    : processor_(std::move(processor)),
      settings_(settings),
      consumer_id_(std::move(consumer_id)),
      may_block_(processor_->may_block()) {}

Fate MessagePipeline::process(std::string_view payload, std::string_view position, Results& results,
                              std::stop_token stop) {
  if (!parser_.parse(payload)) {
    dead_letter_reason_ = parser_.reason();
    results.dead({std::nullopt, payload, dead_letter_reason_, 0, consumer_id_, position});
    return Fate::dead_lettered;
  }
  const auto& parsed = parser_.parsed();
  Message message{payload, parsed.message_id, position, {}, 1};
  ToldRetries retries{settings_.on_retry};
  for (unsigned& attempts = message.attempt;; ++attempts) {
    switch (attempt(message)) {
      case Outcome::append:
        results.append({parsed.message_id, parsed.members, consumer_id_, additions_.fields(), position});
        return Fate::appended;
      case Outcome::drop:
        results.drop(position);
        return Fate::dropped;
      case Outcome::dead:
        dead_letter_reason_ = one_line(reason_);
        results.dead({parsed.message_id, payload, dead_letter_reason_, attempts, consumer_id_, position});
        return Fate::dead_lettered;
      case Outcome::fail:
        break;
    }
    if (attempts > settings_.retries) {
      dead_letter_reason_ = failed_after(attempts, reason_);
      results.dead({parsed.message_id, payload, dead_letter_reason_, attempts, consumer_id_, position});
      return Fate::dead_lettered;
    }
    retries.failed(attempts, reason_);
    if (may_block_ && !wait_before_retry(attempts, stop)) return Fate::stopped;
  }
}

/// One call of the processor; what it says in reason_ and adds to additions_ is of this call only.
Outcome MessagePipeline::attempt(const Message& message) {
  additions_.clear();
  reason_.clear();
  const auto outcome = processor_->process(message, additions_, reason_);
  if (outcome == Outcome::append && additions_.too_many()) {
    reason_ = "the processor added more than 1000 fields or 64 MiB";
    return Outcome::fail;
  }
  return outcome;
}

/// False if asked to stop, also when that was before.
bool MessagePipeline::wait_before_retry(unsigned failed_attempts, std::stop_token stop) const {
  auto backoff = std::min(settings_.backoff, settings_.longest_backoff);
  for (unsigned i = 1; i < failed_attempts && backoff < settings_.longest_backoff; ++i) {
    backoff = std::min(2 * backoff, settings_.longest_backoff);
  }
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, backoff, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace tributary::process
