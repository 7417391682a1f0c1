#include <algorithm>

#include "core/group/node.hpp"

// One call per interval carries all that a member needs to know; this is what it says and what
// its answer means.
namespace tributary::group {
namespace {

constexpr std::size_t kMostGapsReported = 64;
constexpr std::size_t kMostHeldReported = 64;

}  // namespace

void Node::send_beat(TimeMs now, bool extra) {
  if (!extra) beats_.at = now + settings_.beat_ms;
  const auto& me = membership_;
  const auto* current = journals_.growing();
  BeatCall beat;
  beat.caller = caller();
  // Who stopped reading on purpose, because the journal is full, is not to be taken for dead: that would lose
  // what waits on its connection. But once it reads again, something has to come.
  const bool deaf = journals_.may_read && now - connections_.heard_at > settings_.lease_ms;
  const bool excused = journals_.behind_on_purpose && !deaf;
  beat.last_tick = excused ? std::max(me.answered_tick, me.last_tick) : me.last_tick;
  beat.counted = me.counted;
  beat.floor = floor();
  beat.gaps = gaps();
  beat.lengths = lengths();
  beat.highest = highest();
  beat.lease_ms = settings_.lease_ms;
  beat.list_life_ms = list_life_ms();
  beat.allowed_lag = static_cast<std::uint64_t>(std::max<TimeMs>(2, settings_.lease_ms / settings_.beat_ms));
  beat.view_nonce = nonce();
  beat.wants_tick = !extra;
  beat.active = consumers_.active;
  beat.presence = presence();
  PendingCall details{};
  if (current && current->nonce == me.nonce && current->view.identity == me.identity)
    details.view = current->view.id;
  call(std::move(beat), now, std::move(details));
  declare_nobodys();
  send_declarations(now);
}

Fields Node::presence() const {
  Fields fields = {{"received", std::to_string(statistics_.received)},
                   {"committed", std::to_string(statistics_.committed)},
                   {"backlog", std::to_string(backlog())},
                   {"journal", std::to_string(journal_bytes())},
                   {"busy", std::to_string(consumers_.busy)},
                   {"hanging", consumers_.hanging ? "1" : ""},
                   {"why", leadership_.why},
                   {"state", paused() ? "paused" : "running"}};
  std::string held;
  for (const auto& lane : holds()) held += (held.empty() ? "" : "+") + lane.text();
  fields.emplace_back("holds", std::move(held));
  if (const auto lost = first_perhaps_lost()) fields.emplace_back("lost", std::to_string(*lost));
  const auto* reading = journals_.growing();
  fields.emplace_back("view", reading && membership_.marker_read ? reading->view.id.text() : "");
  if (settings_.capacity > 0) fields.emplace_back("capacity", std::to_string(settings_.capacity));
  if (!settings_.journal_id.empty()) {
    fields.emplace_back("directory", settings_.journal_id);
    fields.emplace_back("grace", std::to_string(settings_.journal_grace_ms));
  }
  fields.insert(fields.end(), settings_.presence.begin(), settings_.presence.end());
  return fields;
}

// The lowest view for which this node may still be of use. Silence is not "closed": a view that no answer
// spoke of holds it down.
std::uint64_t Node::floor() const {
  if (!membership_.marker_read) return 0;
  std::uint64_t lowest = membership_.last_marker;
  for (const auto& view : journals_.views) {
    bool useful = !view.said;
    for (std::uint32_t lane = 0; !useful && lane < view.lanes.size(); ++lane) {
      useful = view.lanes[lane].open && view.holds_next(lane, view.lanes[lane].position);
    }
    if (useful) lowest = std::min(lowest, view.view.id.number);
  }
  // Below its floor nobody believes a member to hold anything but what it told of as gaps.
  const auto gaps = find_gaps();
  if (gaps.size() > kMostGapsReported) lowest = std::min(lowest, gaps[kMostGapsReported].lane.view.number);
  return lowest;
}

// Lanes of which this node holds later messages, but not the next: what lies between is lost
// if nobody has it.
std::vector<Gap> Node::gaps() const {
  auto gaps = find_gaps();
  if (gaps.size() > kMostGapsReported)
    gaps.resize(kMostGapsReported);  // the oldest; the rest with later beats
  return gaps;
}

std::vector<Gap> Node::find_gaps() const {
  std::vector<Gap> gaps;
  for (const auto& view : journals_.views) {
    for (std::uint32_t lane = 0; view.said && view.open && lane < view.lanes.size(); ++lane) {
      const auto& log = view.journal.lane(lane);
      if (!view.lanes[lane].open || view.journal.given_up(lane) || log.end() == log.first() ||
          log.first() <= view.rank_at(lane, view.lanes[lane].position) || gaps.size() > kMostGapsReported) {
        continue;
      }
      gaps.push_back({{view.view.id, lane}, view.journal.position_of(lane, log.first())});
    }
  }
  return gaps;
}

std::vector<Length> Node::lengths() const {
  std::vector<Length> lengths;
  for (const auto& view : journals_.views) {
    if (!view.length || view.nonce != membership_.nonce) continue;
    const bool unknown = !view.said || std::any_of(view.lanes.begin(), view.lanes.end(),
                                                   [](const auto& lane) { return lane.open && !lane.end; });
    if (!unknown) continue;
    auto& length = lengths.emplace_back(Length{view.view.id, *view.length, {}});
    for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
      length.ends.push_back(view.journal.last_position(lane));
    }
  }
  return lengths;
}

std::optional<Highest> Node::highest() const {
  const auto* current = journals_.growing();
  return current ? std::optional(Highest{current->view.id, current->journal.count()}) : std::nullopt;
}

// Open lanes of earlier views of which this node holds the next message: somebody who leaves may
// leave those to it.
std::vector<LaneId> Node::holds() const {
  std::vector<LaneId> holds;
  for (const auto& view : journals_.views) {
    for (std::uint32_t lane = 0; view.said && view.open && !view.growing && lane < view.lanes.size();
         ++lane) {
      if (holds.size() == kMostHeldReported) return holds;
      if (view.lanes[lane].open && view.holds_next(lane, view.lanes[lane].position))
        holds.push_back({view.view.id, lane});
    }
  }
  return holds;
}

// The first view of another identity of which it does not know what became of it: the server may have lost it, and knows of it
// again only when it is revived.
std::optional<std::uint64_t> Node::first_perhaps_lost() const {
  std::optional<std::uint64_t> first;
  for (const auto& view : journals_.views) {
    using Revival = HeldView::Revival;
    const bool unknown = !view.said || view.revival == Revival::needed || view.revival == Revival::asked;
    if (unknown && view.view.identity != membership_.identity)
      first = std::min(first.value_or(UINT64_MAX), view.view.id.number);
  }
  return first;
}

void Node::on_beat_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != membership_.id || !membership_.joined) return;
  if (answer.status() != "ok") return on_refusal(asked, answer, now);
  const auto beat = read_beat_answer(answer);
  if (!beat) return finish(Unreadable{});
  const auto longest_interval = std::max(2 * settings_.beat_ms, settings_.lease_ms / 2);
  if (beats_.last_success_at < 0 || now - beats_.last_success_at > longest_interval) {
    beats_.unbroken_since = now;
  }
  beats_.last_success_at = now;
  beats_.clock.succeeded(now);
  membership_.highest_seen = std::max(membership_.highest_seen, beat->view.number);
  membership_.answered_tick = beat->tick;
  // A marker is published in the step that installs its view, so whoever read it before asking gets at least
  // its number.
  if (asked.view.number > beat->view.number) return on_forged_views(beat->view.number, now);
  learn(*beat, now);
  learn_order(*beat);
  let_go();
  forget(now);
  obey(*beat, now);
  if (finished_) return;
  lead(*beat, now);
  advance_leaving(now);
  if (beats_.again && !finished_ && membership_.joined) {
    beats_.again = false;
    send_beat(now, true);
  }
}

// What the answer says of the views up to the one it names. Of later ones it says nothing.
void Node::learn(const BeatAnswer& beat, TimeMs now) {
  for (auto& view : journals_.views) {
    if (view.view.id.number > beat.view.number) continue;
    if (view.nonce != membership_.nonce && view.revival == HeldView::Revival::not_needed) continue;
    learn_of(view, beat, now);
  }
  for (const auto& lane : beat.lanes) {
    HeldView* view = journals_.find(lane.id.view);
    if (view && view->said && lane.id.index < view->lanes.size() && lane.id.view.number <= beat.view.number) {
      tend_lane(*view, lane.id.index, beat, now);
    }
  }
  look_if_drained(beat, now);
}

void Node::learn_of(HeldView& view, const BeatAnswer& beat, TimeMs now) {
  bool any_open = false;
  std::vector<bool> open(view.lanes.size(), false);
  for (const auto& lane : beat.lanes) {
    if (lane.id.view != view.view.id || lane.id.index >= view.lanes.size()) continue;
    any_open = open[lane.id.index] = true;
    auto& known = view.lanes[lane.id.index];
    known.open = true;
    known.owner = lane.owner;
    known.held = beat.has(lane.owner);
    known.position = lane.position;
    known.end = lane.end;
    view.journal.jump_holes(lane.id.index, lane.position);
    note_committed(view, lane.id.index, view.rank_at(lane.id.index, lane.position));
  }
  if (any_open && view.revival != HeldView::Revival::not_needed) {
    view.revival = HeldView::Revival::settled;
    view.nonce = membership_.nonce;  // somebody revived it: it is a view of the present group now
  }
  for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
    if (open[lane]) continue;
    drop_work({view.view.id, lane});
    view.lanes[lane].open = false;
    view.lanes[lane].owner = {};
  }
  if (view.revival == HeldView::Revival::needed && !view.growing) {
    view.revival = HeldView::Revival::asked;
    PendingCall details{};
    details.view = view.view.id;
    call(ReviveCall{caller(), view.view.id, view.view.identity, view.view.members, view.nonce}, now,
         std::move(details));
  }
  if (view.revival == HeldView::Revival::needed || view.revival == HeldView::Revival::asked) return;
  if (!any_open && (!view.said || view.open)) view.closed_at = beats_.clock.elapsed();
  view.said = true;
  view.open = any_open;
  for (std::uint32_t lane = 0; lane < view.lanes.size(); ++lane) {
    if (!open[lane]) note_committed(view, lane, view.journal.lane(lane).end());
  }
}

}  // namespace tributary::group
