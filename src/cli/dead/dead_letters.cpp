#include "cli/dead/dead_letters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "cli/group/stream_entry.hpp"
#include "cli/group/stream_reader.hpp"
#include "cli/terminal/text_table.hpp"
#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kFirstPage = 1;         // the size of letters is not known yet
constexpr std::size_t kPageBytes = 8u << 20;  // about; a single letter may be larger
constexpr std::size_t kIdsInPage = 100;
constexpr std::size_t kReasonShown = 120;

class LetterReader {
 public:
  LetterReader(redis::SyncClient& client, const Settings& settings, std::uint64_t limit,
               const std::function<Status(LetterPage&)>& take, const std::function<bool()>& asked_to_stop)
      : client_(client),
        choice_(settings.dead),
        key_(settings.dead_letter_stream()),
        limit_(limit),
        take_(take),
        asked_to_stop_(asked_to_stop) {}

  Result<LetterReading> read(std::optional<EntryId> bound) {
    auto facts = stream_facts(client_, key_, "--output-stream");
    if (!facts) return facts.error();
    reading_.in_stream = facts->length;
    const auto last = parse_entry_id(facts->last_id);
    if (facts->length > 0 && last) last_ = bound ? std::min(*last, *bound) : *last;
    if (const auto done = find_range(); !done) return done.error();
    reading_.last = last_;
    const auto done = choice_.ids.empty() ? read_range() : read_ids();
    if (!done) return done.error();
    return reading_;
  }

 private:
  // The range of ids that the times leave, by the server's clock, because it made the ids.
  Status find_range() {
    if (choice_.older_than.count() == 0 && choice_.newer_than.count() == 0) return Done{};
    const auto answer = client_.ask({"TIME"});
    if (!answer) return answer.error();
    const auto& parts = answer.value().elements;
    const auto seconds = parts.size() == 2 ? to_number(parts[0].text) : std::nullopt;
    const auto microseconds = parts.size() == 2 ? to_number(parts[1].text) : std::nullopt;
    if (!seconds || !microseconds) return Error{ErrorKind::software, "the server does not tell the time"};
    const auto before = [now = *seconds * 1000 + *microseconds / 1000](std::chrono::milliseconds time) {
      const auto ms = static_cast<std::uint64_t>(time.count());
      return ms > now ? 0 : now - ms;
    };
    if (choice_.newer_than.count() > 0) first_ = {before(choice_.newer_than), 0};
    if (choice_.older_than.count() > 0) {
      constexpr auto kLastOfMs = std::numeric_limits<std::uint64_t>::max();
      last_ = std::min(last_, EntryId{before(choice_.older_than), kLastOfMs});
    }
    return Done{};
  }

  Status read_range() {
    std::string from = first_.text();
    std::size_t count = kFirstPage;
    std::uint64_t read = 0;
    while (!full() && first_ <= last_) {
      if (stop_asked()) return Done{};
      auto page = client_.ask({"XRANGE", key_, from, last_.text(), "COUNT", std::to_string(count)});
      if (!page) return page.error();
      auto& entries = page->elements;
      if (entries.empty()) return Done{};
      from = "(" + entries.back().elements.at(0).text;
      read += entries.size();
      const auto bytes = size_of(entries);
      if (const auto done = hand_over(entries, fraction(read, reading_.in_stream)); !done) return done;
      count = std::clamp<std::size_t>(kPageBytes * entries.size() / std::max<std::size_t>(bytes, 1), 1,
                                      std::min(kLettersInPage, count * 4));
    }
    return Done{};
  }

  Status read_ids() {
    std::vector<redis::Reply> entries;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < choice_.ids.size() && !full(); ++i) {
      if (stop_asked()) return Done{};
      const auto& id = choice_.ids[i];
      auto answer = client_.ask({"XRANGE", key_, id, id});
      if (!answer) return answer.error();
      if (answer->elements.empty()) reading_.not_found.push_back(id);
      bytes += size_of(answer->elements);
      std::ranges::move(answer->elements, std::back_inserter(entries));
      if (entries.size() < kIdsInPage && bytes < kPageBytes && i + 1 < choice_.ids.size()) continue;
      if (const auto done = hand_over(entries, fraction(i + 1, choice_.ids.size())); !done) return done;
      entries.clear();
      bytes = 0;
    }
    return Done{};
  }

  static double fraction(std::uint64_t part, std::uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(std::max<std::uint64_t>(whole, 1));
  }

  static std::size_t size_of(const std::vector<redis::Reply>& entries) {
    std::size_t bytes = 0;
    for (const auto& entry : entries) {
      if (entry.elements.size() != 2) continue;
      for (const auto& field : entry.elements[1].elements) bytes += field.text.size();
    }
    return bytes;
  }

  Status hand_over(std::vector<redis::Reply>& entries, double fraction) {
    LetterPage page{.letters = {}, .fraction = fraction};
    for (auto& entry : entries) {
      auto letter = parse_letter(std::move(entry));
      if (!letter || !matches(*letter) || full()) continue;
      page.letters.push_back(std::move(*letter));
      ++reading_.matched;
    }
    return take_(page);
  }

  bool matches(const StoredLetter& letter) const {
    return letter.id >= first_ && letter.id <= last_ &&
           (choice_.reason.empty() || letter.reason.value_or("").find(choice_.reason) != std::string::npos);
  }

  bool full() const { return limit_ > 0 && reading_.matched >= limit_; }
  bool stop_asked() { return reading_.interrupted = asked_to_stop_(); }

  redis::SyncClient& client_;
  const DeadSettings& choice_;
  const std::string key_;
  const std::uint64_t limit_;
  const std::function<Status(LetterPage&)>& take_;
  const std::function<bool()>& asked_to_stop_;
  EntryId first_;
  EntryId last_;
  LetterReading reading_;
};

}  // namespace

std::string StoredLetter::time() const { return entry_time(id.text()); }

std::optional<StoredLetter> parse_letter(redis::Reply entry) {
  if (entry.elements.size() != 2) return std::nullopt;
  const auto id = parse_entry_id(entry.elements[0].text);
  if (!id) return std::nullopt;
  StoredLetter letter;
  letter.id = *id;
  auto& fields = entry.elements[1].elements;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto& name = fields[i].text;
    auto* const field = name == "message_id"    ? &letter.message_id
                        : name == "payload"     ? &letter.payload
                        : name == "channel"     ? &letter.channel
                        : name == "reason"      ? &letter.reason
                        : name == "attempts"    ? &letter.attempts
                        : name == "consumer_id" ? &letter.consumer_id
                        : name == "position"    ? &letter.position
                                                : nullptr;
    if (field != nullptr) *field = std::move(fields[i + 1].text);
  }
  return letter;
}

Result<LetterReading> read_letters(redis::SyncClient& client, const Settings& settings, std::uint64_t limit,
                                   const std::function<Status(LetterPage&)>& take,
                                   const std::function<bool()>& asked_to_stop, std::optional<EntryId> last) {
  return LetterReader(client, settings, limit, take, asked_to_stop).read(last);
}

void ReasonCounts::add(const std::string& reason) {
  if (counts_.size() < kMostReasons || counts_.contains(reason)) {
    ++counts_[reason];
  } else {
    ++others_;
  }
}

std::vector<std::pair<std::string, std::uint64_t>> ReasonCounts::sorted() const {
  std::vector<std::pair<std::string, std::uint64_t>> list(counts_.begin(), counts_.end());
  std::ranges::stable_sort(list, std::greater(), [](const auto& entry) { return entry.second; });
  if (others_ > 0) list.emplace_back("(other reasons)", others_);
  return list;
}

std::string ReasonCounts::table(std::size_t rows) const {
  TextTable table({">count", "reason"});
  std::size_t shown = 0;
  std::uint64_t rest = 0;
  for (const auto& [reason, count] : sorted()) {
    if (shown++ < rows) {
      table.add({with_commas(count), shortened(visible_text(reason), kReasonShown)});
    } else {
      rest += count;
    }
  }
  if (rest > 0) table.add({with_commas(rest), "(other reasons)"});
  return table.text("  ");
}

std::string not_found_text(const LetterReading& reading, const Settings& settings) {
  if (reading.not_found.empty()) return {};
  std::string ids;
  constexpr std::size_t kMostIdsNamed = 20;
  for (std::size_t i = 0; i < reading.not_found.size() && i < kMostIdsNamed; ++i) {
    ids += (i == 0 ? "" : ", ") + reading.not_found[i];
  }
  if (reading.not_found.size() > kMostIdsNamed) {
    ids += fmt::format(" and {} more", reading.not_found.size() - kMostIdsNamed);
  }
  return "no dead letter " + ids + " in " + settings.dead_letter_stream();
}

}  // namespace tributary::cli
