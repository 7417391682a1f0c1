#include "process/entries.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/check.hpp"
#include "redis/command.hpp"

namespace tributary::process {
namespace {

constexpr char kTemplate = 't';
constexpr char kGeneral = 'g';
constexpr char kDead = 'd';
constexpr char kDropped = 'n';

constexpr std::string_view kNoCount = "000000";
constexpr std::size_t kCountDigits = kNoCount.size();
constexpr std::size_t kMostInRun = 999'999;

/// What one large message made a buffer grow beyond this is given back.
constexpr std::size_t kKeptBytes = 4 << 20;

constexpr std::string_view kMemberPrefix = "message.";

bool fits_template(const Entry& entry) {
  return entry.members.size() == 1 && entry.additions.size() == 1 && entry.additions[0].value == "1" &&
         entry.additions[0].name == "processed" && entry.members[0].name == kMessageId;
}

bool is_taken(std::string_view name, std::span<const Field> additions) {
  return name == kConsumerId || name == kPosition ||
         std::any_of(additions.begin(), additions.end(), [name](const Field& f) { return f.name == name; });
}

}  // namespace

void EntryRuns::append(const Entry& entry) {
  ++appended_;
  if (fits_template(entry)) {
    open(kTemplate, entry.consumer_id);
    add(entry.message_id);
    add(entry.position);
    return;
  }
  open(kGeneral);
  add_number(2 * (entry.members.size() + entry.additions.size() + 2));
  for (const auto& member : entry.members) add_member(member, entry.additions);
  add_field(kConsumerId, entry.consumer_id);
  for (const auto& addition : entry.additions) add_field(addition.name, addition.value);
  add_field(kPosition, entry.position);
}

void EntryRuns::dead(const DeadLetter& letter) {
  ++dead_;
  open(kDead);
  add_number(letter.message_id ? 12 : 10);
  if (letter.message_id) add_field(kMessageId, *letter.message_id);
  add_field("payload", letter.payload);
  add_field("reason", letter.reason);
  add("attempts");
  add_number(letter.attempts);
  add_field(kConsumerId, letter.consumer_id);
  add_field(kPosition, letter.position);
}

void EntryRuns::drop(std::string_view position) {
  ++dropped_;
  open(kDropped);
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
  run_count_ = arguments_ = appended_ = dead_ = dropped_ = 0;
}

/// Makes sure that the open run is of this kind, and counts one entry in.
void EntryRuns::open(char kind, std::string_view consumer_id) {
  if (kind_ != kind || (kind == kTemplate && run_consumer_ != consumer_id) || run_count_ == kMostInRun) {
    finish();
    kind_ = kind;
    add({&kind, 1});
    add(kNoCount);
    count_at_ = bytes_.size() - kCountDigits - 2;
    if (kind == kTemplate) {
      run_consumer_ = consumer_id;
      add(consumer_id);
    }
  }
  ++run_count_;
}

void EntryRuns::add(std::string_view argument) {
  redis::append_argument(bytes_, argument);
  ++arguments_;
}

void EntryRuns::add_field(std::string_view name, std::string_view value) {
  add(name);
  add(value);
}

void EntryRuns::add_number(std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  add({digits, static_cast<std::size_t>(end - digits)});
}

void EntryRuns::add_member(const Field& member, std::span<const Field> additions) {
  if (!is_taken(without_prefixes(member.name, kMemberPrefix), additions)) {
    add_field(member.name, member.value);
    return;
  }
  name_ = kMemberPrefix;
  name_ += member.name;
  add_field(name_, member.value);
}

}  // namespace tributary::process
