#include "cli/audit/audit.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

void count_up(std::uint8_t& counter) {
  if (counter < 255) ++counter;
}

void add_example(std::vector<std::string>& examples, const Audit::Entry& entry) {
  if (examples.size() >= kMaxExamples) return;
  std::string text(entry.id.value_or("(no message_id)"));
  if (entry.position) text.append(" at ").append(*entry.position);
  examples.push_back(std::move(text));
}

// "7.3fa9c2:12345" -> view and n, if it has that form.
std::optional<std::pair<std::string_view, std::uint64_t>> view_and_number(std::string_view position) {
  const auto colon = position.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto number = to_number(position.substr(colon + 1));
  if (!number) return std::nullopt;
  return std::pair{position.substr(0, colon), *number};
}

std::uint64_t fingerprint(std::string_view id) { return hash_of(id).high; }

/// The value of the text, or null.
template <class Value>
const Value* found(const TextMap<Value>& map, std::string_view text) {
  const auto place = map.find(hash_of(text));
  return place == map.end() ? nullptr : &place->second;
}

}  // namespace

void Audit::publication(const Publication& publication) {
  ++report_.published;
  if (!publication.receivers) ++report_.unacknowledged;
  if (publication.receivers == 0U) ++report_.reached_nobody;
  auto& id = ids_[hash_of(publication.id)];
  count_up(publication.receivers.value_or(0) > 0 ? id.required : id.possible);
}

void Audit::receipt(const Receipt& receipt) {
  has_receipts_ = true;
  auto& position = positions_[hash_of(receipt.position)];
  const std::uint64_t id = receipt.id ? fingerprint(*receipt.id) : 0;
  if (position.received) {  // another node's receipt of the same message
    if (position.id != id) {
      ++report_.mismatched;
      add_example(report_.mismatched_examples, {.id = receipt.id, .position = receipt.position});
    }
    return;
  }
  position.received = true;
  position.id = id;
  ++report_.received;
  if (receipt.id) count_up(ids_[hash_of(*receipt.id)].received);
}

void Audit::entry(const Entry& entry) {
  ++(entry.dead ? report_.dead_lettered : report_.appended);
  if (!known(entry)) {
    ++report_.unexpected;
    add_example(report_.unexpected_examples, entry);
  }
  if (entry.id) note_id(entry);
  if (entry.position && view_and_number(*entry.position)) {
    note_position(entry);
    if (!entry.dead) note_order(*entry.position);
    if (!entry.dead && entry.key) note_order_of_key(entry);
  } else {
    ++report_.without_position;
  }
}

bool Audit::known(const Entry& entry) const {
  if (entry.position) {
    const auto* position = found(positions_, *entry.position);
    if (position != nullptr && position->received) return true;
  }
  // Of a dead letter without an id nobody can tell, unless by its position.
  if (!entry.id) return entry.dead && !has_receipts_;
  const auto* id = found(ids_, *entry.id);
  return id != nullptr && id->required + id->possible + id->received > 0;
}

// How many entries may have this id.
unsigned Audit::excused(const Id& id) {
  return std::max({1U, unsigned{id.required} + unsigned{id.possible}, unsigned{id.received}});
}

void Audit::note_id(const Entry& entry) {
  auto& id = ids_[hash_of(*entry.id)];
  count_up(id.seen);
  if (window_ms_ > 0 && !entry.dead) in_stream_.insert(fingerprint(*entry.id));
  id.appended = id.appended || !entry.dead;
  const bool again = is_within_window(entry);
  if (!again && id.seen <= excused(id)) return;
  if (!again && window_ms_ > 0 && !entry.dead) {
    // Once the window is over the id may come again; that it was published, the files do not say.
    if (known(entry)) ++report_.unexpected;
    return;
  }
  ++report_.duplicated_ids;
  add_example(report_.duplicated_examples, entry);
}

// Whether another one with its id was appended less than a window before.
bool Audit::is_within_window(const Entry& entry) {
  if (window_ms_ == 0 || entry.dead) return false;
  const auto [last, first] = appended_ms_.try_emplace(hash_of(*entry.id), entry.time_ms);
  const auto before = std::exchange(last->second, entry.time_ms);
  return !first && entry.time_ms - before < static_cast<std::uint64_t>(window_ms_);
}

// Received and not there, because its id was.
bool Audit::is_excused(const Position& position) const {
  return position.received && !position.seen && in_stream_.contains(position.id);
}

void Audit::note_position(const Entry& entry) {
  auto& position = positions_[hash_of(*entry.position)];
  if (position.seen) {
    ++report_.duplicated_positions;
    // Not twice among the examples, if its id was a duplicate too.
    const auto* id = entry.id ? found(ids_, *entry.id) : nullptr;
    if (id == nullptr || id->seen <= excused(*id)) add_example(report_.duplicated_examples, entry);
  }
  position.seen = true;
  const std::uint64_t id = entry.id ? fingerprint(*entry.id) : 0;
  if (position.received && position.id != id) {
    ++report_.mismatched;
    add_example(report_.mismatched_examples, entry);
  }
}

void Audit::note_order(std::string_view position) {
  const auto [view, number] = *view_and_number(position);
  auto& highest = highest_[std::string(view)];
  if (number < highest) ++report_.out_of_order;
  highest = std::max(highest, number);
}

// View numbers ascend in the order of the channel.
void Audit::note_order_of_key(const Entry& entry) {
  const auto [view, number] = *view_and_number(*entry.position);
  const auto view_number = to_number(view.substr(0, view.find('.'))).value_or(0);
  auto& last = last_of_key_[hash_of(*entry.key)];
  if (std::pair(view_number, number) < std::pair(last.view, last.number)) {
    ++report_.out_of_order_by_key;
    add_example(report_.out_of_order_examples, entry);
  } else {
    last = {view_number, number};
  }
}

AuditReport Audit::report() const {
  AuditReport report = report_;
  report.keys = last_of_key_.size();
  for (const auto& [hash, id] : ids_) {
    if (!has_receipts_ && id.required > id.seen)
      (id.appended && window_ms_ > 0 ? report.duplicates_dropped : report.missing) += id.required - id.seen;
    if (has_receipts_ && id.received == 0 && id.seen == 0) report.never_received += id.required;
  }
  for (const auto& [hash, position] : positions_) {
    if (position.received && !position.seen)
      ++(is_excused(position) ? report.duplicates_dropped : report.missing);
  }
  return report;
}

bool Audit::is_missing(const Publication& publication) const {
  if (has_receipts_) return false;
  const auto* id = found(ids_, publication.id);
  return id != nullptr && id->required > id->seen && !(window_ms_ > 0 && id->appended);
}

bool Audit::is_missing(const Receipt& receipt) const {
  const auto* position = found(positions_, receipt.position);
  return position != nullptr && position->received && !position->seen && !is_excused(*position);
}

}  // namespace tributary::cli
