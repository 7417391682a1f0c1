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

void give_up(const MessageFormat& format, const Record& record, std::string_view reason, unsigned attempts,
             std::string_view consumer_id, std::string_view position, Results& results) {
  PayloadParser parser(format);
  DeadLetter letter{std::nullopt, record.payload, reason, attempts, consumer_id, position, {}};
  if (parser.parse(record.payload)) letter.message_id = parser.parsed().message_id;
  if (format.keeps_channel()) letter.channel = record.channel;
  results.dead(letter);
}

std::string poison_reason(unsigned deaths) {
  return "poison: " + std::to_string(deaths) +
         " nodes died, one after the other, while they had it; not processed again";
}

MessagePipeline::MessagePipeline(std::unique_ptr<Processor> processor, RetrySettings settings,
                                 std::string consumer_id, const MessageFormat& format)
    : processor_(std::move(processor)),
      settings_(settings),
      consumer_id_(std::move(consumer_id)),
      may_block_(processor_->may_block()),
      looks_ahead_(may_block_ && processor_->looks_ahead()),
      format_(format),
      id_is_member_(format.id_member == kMessageId),
      parser_(format),
      additions_(format) {}

// Read now and again when it is their turn: what a parser has read lasts only until it reads the next.
void MessagePipeline::expect(std::vector<Message> messages) {
  expected_ = std::move(messages);
  expected_ids_.clear();
  not_expected_.clear();
  std::vector<std::size_t> ends;
  std::erase_if(expected_, [&](const Message& message) {
    if (!parser_.parse(message.payload)) return true;
    const auto& id = parser_.parsed().message_id;
    if (recent_ != nullptr && id && recent_->contains(*id)) {
      not_expected_.push_back(message.payload.data());
      return true;
    }
    expected_ids_ += parser_.parsed().message_id.value_or(std::string_view());
    ends.push_back(expected_ids_.size());
    return false;
  });
  std::size_t begin = 0;
  for (std::size_t i = 0; i < expected_.size(); begin = ends[i++]) {
    expected_[i].id = std::string_view(expected_ids_).substr(begin, ends[i] - begin);
  }
  processor_->expect(expected_);
}

Fate MessagePipeline::process(const Record& record, std::string_view position, Results& results,
                              std::stop_token stop) {
  Message message{record.payload, {}, position, record.channel, 1};
  if (!parser_.parse(record.payload)) {
    dead(message, std::string(parser_.reason()), 0, results);
    return Fate::dead_lettered;
  }
  message.id = parser_.parsed().message_id.value_or(std::string_view());
  if (recent_ != nullptr && is_skipped(message)) {
    results.skip(message.id, position);
    return Fate::skipped;
  }
  ToldRetries retries{settings_.on_retry};
  for (;; ++message.attempt) {
    switch (attempt(message)) {
      case Outcome::append:
        append(message, results);
        return Fate::appended;
      case Outcome::drop:
        results.drop(position);
        return Fate::dropped;
      case Outcome::dead:
        dead(message, one_line(reason_), message.attempt, results);
        return Fate::dead_lettered;
      case Outcome::fail:
        break;
    }
    if (message.attempt > settings_.retries) {
      dead(message, failed_after(message.attempt, reason_), message.attempt, results);
      return Fate::dead_lettered;
    }
    retries.failed(message.attempt, reason_);
    if (may_block_ && !wait_before_retry(message.attempt, stop)) return Fate::stopped;
  }
}

// A processor that was told of a message gets it, whatever has become known since.
bool MessagePipeline::is_skipped(const Message& message) const {
  if (!parser_.parsed().message_id) return false;
  if (!looks_ahead_) return recent_->contains(message.id);
  return std::ranges::find(not_expected_, message.payload.data()) != not_expected_.end();
}

void MessagePipeline::append(const Message& message, Results& results) {
  const auto& parsed = parser_.parsed();
  Entry entry;
  entry.message_id = parsed.message_id;
  entry.id_is_member = id_is_member_;
  if (format_.has_payload_field()) {
    entry.payload = message.payload;
  } else {
    entry.members = parsed.members;
  }
  if (format_.keeps_channel()) entry.channel = message.channel;
  entry.consumer_id = consumer_id_;
  entry.additions = additions_.fields();
  entry.position = message.position;
  results.append(entry);
  if (recent_ != nullptr && parsed.message_id) appended_.push_back(RecentIds::hash(*parsed.message_id));
}

void MessagePipeline::dead(const Message& message, std::string reason, unsigned attempts, Results& results) {
  dead_letter_reason_ = std::move(reason);
  DeadLetter letter{
      std::nullopt, message.payload, dead_letter_reason_, attempts, consumer_id_, message.position, {}};
  if (attempts > 0) letter.message_id = parser_.parsed().message_id;
  if (format_.keeps_channel()) letter.channel = message.channel;
  results.dead(letter);
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
