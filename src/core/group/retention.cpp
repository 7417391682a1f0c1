#include <algorithm>
#include <utility>

#include "core/group/node.hpp"

// What is held for how long, and what gives way when there is no room.
namespace tributary::group {
// An answer under the present identity showed everything below `rank` committed: a replay window of
// successful beats from now it may be forgotten.
void Node::note_committed(HeldView& view, std::uint32_t lane, std::uint64_t rank) {
  auto& committed = view.lanes[lane].committed;
  if (!committed.empty() &&
      (committed.back().rank >= rank || clock_.elapsed() - committed.back().at < settings_.beat_ms / 2)) {
    return;
  }
  if (rank > view.journal.lane(lane).first()) committed.push_back({clock_.elapsed(), rank});
}

void Node::forget(TimeMs) {
  const auto old = clock_.elapsed() - settings_.window_ms;
  for (auto& view : held_) {
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      auto& committed = view.lanes[lane].committed;
      while (!committed.empty() && committed.front().at <= old) {
        view.journal.forget_below(lane, committed.front().rank);
        committed.pop_front();
      }
    }
  }
  std::erase_if(held_, [&](const auto& view) {
    return view.said && !view.open && !view.growing && view.closed_at <= old;
  });
}

// The bound on memory. First what is committed goes before its time (a roll-back of Redis may then lose it:
// the replay coverage shrinks), then lanes of other members, then reading stops.
void Node::enforce_limit() {
  const auto limit = settings_.journal_limit;
  auto bytes = journal_bytes();
  if (!may_read_ && bytes > limit / 8 * 7) {
    // keep trying to make room below
  } else if (bytes <= limit) {
    if (bytes <= limit / 2) told_full_ = false;
    may_read_ = true;
    return;
  }

  forgot_early_at_ = clock_.elapsed();
  for (auto& view : held_) {
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      auto done = view.said && !view.lanes[lane].open ? view.journal.lane(lane).end()
                                                      : view.rank_at(lane, view.lanes[lane].position);
      if (!view.said) continue;  // what was acknowledged may be what the server lost since
      if (const auto* work = find_work({view.view.id, lane})) done = std::max(done, work->acknowledged);
      view.journal.forget_below(lane, done);
    }
  }
  bytes = journal_bytes();
  while (bytes > limit) {
    HeldView* fullest = nullptr;
    std::uint32_t fullest_lane = 0;
    std::uint64_t most = 0;
    for (auto& view : held_) {
      for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
        if (view.journal.given_up(lane) || find_work({view.view.id, lane})) continue;
        const auto size = view.journal.lane(lane).bytes();
        if (size > most) std::tie(fullest, fullest_lane, most) = std::tuple(&view, lane, size);
      }
    }
    if (!fullest) break;
    fullest->journal.give_up(fullest_lane);
    wants_view_ = wants_view_ || fullest->growing;
    ++statistics_.given_up_lanes;
    report(Report::Level::warning, "the journal is full: no longer holding lane " +
                                       LaneId{fullest->view.id, fullest_lane}.text() + " of another member");
    bytes -= most;
  }
  const bool may_read = bytes <= (may_read_ ? limit : limit / 8 * 7);
  if (bytes <= limit / 2) told_full_ = false;
  if (!may_read && !std::exchange(told_full_, true)) {
    report(Report::Level::warning, "the journal is full of messages not yet committed: reading stops");
  }
  may_read_ = may_read;
  if (!may_read_) behind_on_purpose_ = true;
}

TimeMs Node::coverage_ms() const {
  if (forgot_early_at_ < 0) return settings_.window_ms;
  return std::min(settings_.window_ms, clock_.elapsed() - forgot_early_at_);
}

}  // namespace tributary::group
