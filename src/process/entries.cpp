#include "process/entries.hpp"

#include <charconv>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "redis/command.hpp"

namespace tributary::process {
namespace {

constexpr char kTemplate = 't';
constexpr char kGeneral = 'g';
constexpr char kUnique = 'u';
constexpr char kDead = 'd';
constexpr char kSkipped = 's';
constexpr char kDropped = 'n';

constexpr std::string_view kNoCount = "000000";
constexpr std::size_t kCountDigits = kNoCount.size();
constexpr std::size_t kMostInRun = 999'999;

/// What one large message made a buffer grow beyond this is given back.
constexpr std::size_t kKeptBytes = 4 << 20;

}  // namespace

void EntryRuns::append(const Entry& entry) {
  ++appended_;
  if (entry.is_plain()) {
    open(kTemplate, entry.payload ? kPayload : kMessageId, entry.consumer_id);
    add(entry.plain_field().value);
    add(entry.position);
    return;
  }
  const bool unique = with_ids_ && entry.message_id;
  open(unique ? kUnique : kGeneral);
  if (unique) add(*entry.message_id);
  add_number(2 * entry.field_count());
  entry.each_field([this](std::string_view name, std::string_view value) {
    add(name);
    add(value);
  });
}

void EntryRuns::dead(const DeadLetter& letter) {
  ++dead_;
  open(kDead);
  add_number(2 * letter.field_count());
  letter.each_field([this](std::string_view name, std::string_view value) {
    add(name);
    add(value);
  });
}

void EntryRuns::drop(std::string_view position) {
  ++dropped_;
  open(kDropped);
  add(position);
}

void EntryRuns::skip(std::string_view message_id, std::string_view position) {
  ++skipped_;
  open(kSkipped);
  add(message_id);
  add(position);
}

void EntryRuns::finish() {
  for (std::size_t digit = kCountDigits; kind_ != 0 && digit > 0; run_count_ /= 10) {
    bytes_[count_at_ + --digit] = static_cast<char>('0' + run_count_ % 10);
  }
  kind_ = 0;
  run_count_ = 0;
}

std::string_view EntryRuns::bytes() const {
  TRIBUTARY_CHECK(kind_ == 0);
  return bytes_;
}

void EntryRuns::clear() {
  bytes_.clear();
  if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
  kind_ = 0;
  run_count_ = arguments_ = appended_ = dead_ = dropped_ = skipped_ = 0;
}

/// Makes sure that the open run is of this kind, and counts one entry in.
void EntryRuns::open(char kind, std::string_view field, std::string_view consumer_id) {
  const bool other_template = kind == kTemplate && (run_consumer_ != consumer_id || run_field_ != field);
  if (kind_ != kind || other_template || run_count_ == kMostInRun) {
    finish();
    kind_ = kind;
    add({&kind, 1});
    add(kNoCount);
    count_at_ = bytes_.size() - kCountDigits - 2;
    if (kind == kTemplate) {
      run_consumer_ = consumer_id;
      run_field_ = field;
      add(field);
      add(consumer_id);
    }
  }
  ++run_count_;
}

void EntryRuns::add(std::string_view argument) {
  redis::append_argument(bytes_, argument);
  ++arguments_;
}

void EntryRuns::add_number(std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  add({digits, static_cast<std::size_t>(end - digits)});
}

std::string_view plain_run(std::string_view arguments, std::size_t argument_count, std::uint64_t entries) {
  constexpr std::string_view kStart = "$1\r\nt\r\n$6\r\n";
  // kind, count, field and consumer, then id and position of each
  if (!arguments.starts_with(kStart) || argument_count != 4 + 2 * entries) return {};
  const auto count = to_number(arguments.substr(kStart.size(), kCountDigits));
  if (count != entries) return {};
  return arguments.substr(kStart.size() + kCountDigits + 2);
}

}  // namespace tributary::process
