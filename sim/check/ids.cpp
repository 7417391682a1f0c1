#include "sim/check/checker.hpp"

// Nothing twice by id: told from what was appended when, and from nothing that the server keeps for it.
namespace tributary::sim {

// Of a window a set of ids may hold half more than asked for, and its key lives for as much again.
constexpr TimeMs kLongest = 2;  // windows

std::uint64_t Checker::appended_after(std::size_t transaction) const {
  std::uint64_t count = 0;
  for (const auto& times : appended_) {
    for (const auto& entry : times) count += !entry.dead && entry.transaction > transaction ? 1 : 0;
  }
  return count;
}

// What has just been appended. Before the time is up an id is forgotten only to make room: a third of the ids that may be kept
// came behind it.
void Checker::check_once(std::uint32_t message) {
  const auto id = id_of(message, true);
  const auto& log = redis_->log();
  const auto since = ids_since_.empty() ? 0 : ids_since_.back() + 1;
  auto& others = by_id_[id];
  for (const auto other : others) {
    if (other == message) continue;
    for (const auto& entry : appended_[other]) {
      if (entry.dead || entry.transaction < since) continue;
      if (log.back().time_ms - log[entry.transaction].time_ms >= ids_.span_ms) continue;
      if (appended_after(entry.transaction) * 3 >= ids_.most) continue;
      fail(id + " is appended twice within " + std::to_string(ids_.span_ms) + " ms: as message " +
           std::to_string(other) + " and as message " + std::to_string(message));
    }
  }
  if (std::find(others.begin(), others.end(), message) == others.end()) others.push_back(message);
}

// Whether another message with its id was in the stream, no longer ago than ids are ever kept.
bool Checker::is_duplicate(std::uint32_t message, std::size_t transaction) const {
  const auto& log = redis_->log();
  const auto since = ids_since_.empty() ? 0 : ids_since_.back() + 1;
  const auto found = by_id_.find(id_of(message, true));
  if (found == by_id_.end()) return false;
  for (const auto other : found->second) {
    if (other == message) continue;
    for (const auto& entry : appended_[other]) {
      if (entry.dead || entry.transaction < since || entry.transaction > transaction) continue;
      if (log[transaction].time_ms - log[entry.transaction].time_ms <= kLongest * ids_.span_ms + 1)
        return true;
    }
  }
  return false;
}

// A message that a commit, perhaps the present one, left out because its id was in the stream.
bool Checker::was_duplicate(std::uint32_t message) {
  if (duplicates_.contains(message)) return true;
  const auto transaction = redis_->log().size() - 1;
  if (fate_of(message, mixed_) == Fate::dead || !is_duplicate(message, transaction)) return false;
  duplicates_[message] = transaction;
  return true;
}

}  // namespace tributary::sim
