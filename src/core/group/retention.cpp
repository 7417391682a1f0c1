#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/group/node.hpp"

// What is held for how long, and what gives way when there is no room.
namespace tributary::group {
// An answer under the present identity showed everything below `rank` committed: a replay window of
// successful beats from now it may be forgotten.
void Node::note_committed(HeldView& view, std::uint32_t lane, std::uint64_t rank) {
  auto& committed = view.lanes[lane].committed;
  if (!committed.empty() && (committed.back().rank >= rank ||
                             beats_.clock.elapsed() - committed.back().at < settings_.beat_ms / 2)) {
    return;
  }
  if (rank > view.journal.lane(lane).first()) committed.push_back({beats_.clock.elapsed(), rank});
}

void Node::forget(TimeMs) {
  const auto old = beats_.clock.elapsed() - settings_.window_ms;
  for (auto& view : journals_.views) {
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      auto& committed = view.lanes[lane].committed;
      while (!committed.empty() && committed.front().at <= old) {
        view.journal.forget_below(lane, committed.front().rank);
        committed.pop_front();
      }
    }
  }
  std::erase_if(journals_.views, [&](const auto& view) {
    return view.said && !view.open && !view.growing && view.closed_at <= old;
  });
}

// The bound on memory. First what is committed goes before its time (a roll-back of Redis may then lose it:
// the replay coverage shrinks), then lanes of other members, then reading stops.
void Node::enforce_limit() {
  const auto limit = settings_.journal_limit;
  auto bytes = journal_bytes();
  const bool full = bytes > limit || (!journals_.may_read && bytes > limit / 8 * 7);
  if (full) {
    forget_early();
    bytes = give_up_lanes(journal_bytes());
  }
  // Without its own marker nothing goes on: not before it is read does reading stop.
  const bool may_read = !membership_.marker_read ||
                        (has_room() && bytes <= (journals_.may_read || !full ? limit : limit / 8 * 7));
  if (bytes <= limit / 2) journals_.told_full = false;
  if (!may_read && bytes > limit / 8 * 7 && !std::exchange(journals_.told_full, true)) {
    report(Report::Level::warning, "journal_full"_event,
           "the journal is full of messages not yet committed: reading stops",
           {{"journal_bytes", bytes}, {"journal_limit_bytes", limit}});
  }
  journals_.may_read = may_read;
  if (!may_read) journals_.behind_on_purpose = true;
}

// Whether the storage, if there is one, will take what is read next. What was read before it said no is in memory.
bool Node::has_room() {
  auto* storage = journals_.storage.get();
  if (!storage) return true;
  if (storage->has_room()) {
    journals_.told_short = false;
    if (auto* view = journals_.growing()) keep(*view);
    return true;
  }
  if (const auto trouble = storage->trouble();
      !trouble.empty() && !std::exchange(journals_.told_short, true)) {
    report(Report::Level::warning, "journal_directory_full"_event,
           "reading stops until the journal directory has room: " + trouble, {{"reason", trouble}});
  }
  return false;
}

void Node::keep(HeldView& view) {
  auto* storage = journals_.storage.get();
  if (!storage || view.journal.is_stored()) return;
  view.journal.keep_in(*storage,
                       {settings_.group, membership_.id.text, format_marker(view.view, view.nonce)});
  if (view.mixed) view.journal.note_mixed();
}

void Node::on_journals_found(std::vector<journal::FoundView> found) {
  TRIBUTARY_CHECK(journals_.views.empty() && !membership_.joined);
  std::uint64_t foreign = 0, messages = 0;
  for (auto& one : found) {
    const auto message = parse_control_message(one.about.marker);
    const auto* marker = message ? std::get_if<Marker>(&*message) : nullptr;
    if (!marker || one.about.group != settings_.group || journals_.find(marker->view.id)) {
      journal::abandon(one);
      ++foreign;
      continue;
    }
    membership_.highest_seen = std::max(membership_.highest_seen, marker->view.id.number);
    for (const auto& lane : one.lanes) {
      for (const auto& block : lane) messages += block.ends.size();
    }
    journals_.views.emplace_back(marker->view, marker->nonce, std::move(one));
  }
  std::ranges::sort(journals_.views, {}, [](const auto& held) { return held.view.id; });
  if (foreign > 0) {
    report(Report::Level::warning, "journal_foreign"_event,
           count_of(foreign, "view") + " of other groups in the journal directory: left out",
           {{"views", foreign}});
  }
  if (journals_.views.empty()) return;
  report(
      Report::Level::info, "journal_found"_event,
      "found " + count_of(messages, "message") + " of " + count_of(journals_.views.size(), "view") +
          " in the journal directory: what of them is in no stream, and was not given up meanwhile, will be "
          "committed",
      {{"messages", messages}, {"views", journals_.views.size()}});
}

void Node::forget_early() {
  journals_.forgot_early_at = beats_.clock.elapsed();
  for (auto& view : journals_.views) {
    if (!view.said) continue;  // what was acknowledged may be what the server lost since
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      view.journal.forget_below(lane,
                                view.lanes[lane].open ? done_of(view, lane) : view.journal.lane(lane).end());
    }
  }
}

// Whose lanes may go: those of another member that is there, as the last answer says, or the marker of a
// view that does not list this node. What nobody else is known to answer for goes never. Returns how many
// bytes are left.
std::uint64_t Node::give_up_lanes(std::uint64_t bytes) {
  while (bytes > settings_.journal_limit) {
    HeldView* fullest = nullptr;
    std::uint32_t fullest_lane = 0;
    std::uint64_t most = 0;
    for (auto& view : journals_.views) {
      for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
        const auto& known = view.lanes[lane];
        const bool anothers = view.said ? known.open && known.held && !is_mine(known.owner) : !view.lists_me;
        if (!anothers || view.journal.given_up(lane) || work_.find({view.view.id, lane})) continue;
        const auto size = view.journal.lane(lane).bytes();
        if (size > most) std::tie(fullest, fullest_lane, most) = std::tuple(&view, lane, size);
      }
    }
    if (!fullest) break;
    const auto before = fullest->journal.bytes();
    fullest->journal.give_up(fullest_lane);
    journals_.wants_view = journals_.wants_view || fullest->growing;
    ++statistics_.given_up_lanes;
    const auto lane = LaneId{fullest->view.id, fullest_lane}.text();
    report(Report::Level::warning, "lane_given_up"_event,
           "the journal is full: no longer holding lane " + lane + " of another member", {{"lane", lane}});
    bytes -= before - fullest->journal.bytes();
  }
  return bytes;
}

TimeMs Node::coverage_ms() const {
  if (journals_.forgot_early_at < 0) return settings_.window_ms;
  return std::min(settings_.window_ms, beats_.clock.elapsed() - journals_.forgot_early_at);
}

}  // namespace tributary::group
