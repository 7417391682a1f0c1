#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "core/group/node.hpp"

// Coming and staying: connections, join, markers, ticks, refusals.
namespace tributary::group {
namespace {

constexpr TimeMs kMismatchGrace_ms = 60'000;
constexpr std::size_t kMostSeen = 4;  // fewer than the state keeps: what it forgot must not be named again
constexpr std::ptrdiff_t kMostHeld = 256;  // lanes of older ones have to be claimed
constexpr std::size_t kMostFormer = 64;    // the presence of older ones ran out long ago

}  // namespace

void Node::on_subscribed(const std::string& run_id, TimeMs now) {
  connections_.connecting = false;
  connections_.patience_ms = 0;
  connections_.subscriber_up = true;
  connections_.run_id = run_id;
  connections_.heard_at = now;
  membership_.covered = true;
  membership_.join_at = now;
  on_time(now);
}

void Node::on_subscriber_lost(TimeMs now) {
  // A connection that broke is replaced at once; an attempt that failed is repeated with patience.
  const bool failed = connections_.connecting;
  connections_.connect_at = now + (failed ? settings_.beat_ms : 0) + jitter(failed ? settings_.beat_ms : 100);
  connections_.connecting = false;
  connections_.subscriber_up = false;
  journals_.behind_on_purpose = false;
  if (auto* view = journals_.growing()) view->growing = false;
  rejoin(0, now);
}

void Node::drop_subscriber(TimeMs now, std::string why) {
  report(Report::Level::warning, "not_subscribed"_event, "subscriber connection ended: " + std::move(why));
  actions_.push_back(DropConnections{true, false});
  on_subscriber_lost(now);
  connections_.connect_at = now + settings_.beat_ms / 2 + jitter(settings_.beat_ms);
}

// What this node was is over; it joins again as a new member, naming what it was.
void Node::rejoin(TimeMs delay_ms, TimeMs now) {
  auto& me = membership_;
  me.joined = me.marker_read = false;
  leadership_.leading = false;
  leadership_.watched.clear();
  me.former.push_back(me.id);
  if (me.former.size() > kMostFormer) me.former.erase(me.former.begin());
  new_member_id();
  for (auto& [id, call] : connections_.calls) {
    // An answer to a call of the former member would speak of things that are over; commits are still its
    // own. That it is owed is not forgotten: by its absence a connection is known that is dead in one
    // direction only.
    call.over = call.over || call.script != Script::commit;
  }
  for (auto& work : work_.lanes) work.claiming = work.releasing = false;
  for (auto& view : journals_.views) {
    if (view.revival == HeldView::Revival::asked) view.revival = HeldView::Revival::needed;
  }
  const bool underway = leaving_.stage != Leaving::Stage::no && leaving_.stage != Leaving::Stage::at_once;
  if (underway) leaving_.stage = Leaving::Stage::wanted;
  leaving_.drained = beats_.again = false;
  me.join_at = now + delay_ms;
}

void Node::send_join(TimeMs now) {
  JoinCall join;
  join.caller = caller();
  join.weight = leaving_.stage == Leaving::Stage::no ? settings_.weight : 0;
  join.former = membership_.former;
  join.highest_view = membership_.highest_seen;
  join.fingerprint = settings_.fingerprint;
  join.protocol = kProtocolVersion;
  join.view_nonce = nonce();
  join.group_nonce = random_.hex(16);
  join.list_life_ms = list_life_ms();
  join.lease_ms = settings_.lease_ms;
  const auto saw = [&](const Identity& identity) {
    const bool known = std::find(join.seen.begin(), join.seen.end(), identity) != join.seen.end();
    if (!identity.empty() && !known) join.seen.push_back(identity);
  };
  for (const auto& identity : membership_.seen) saw(identity);
  for (const auto& view : journals_.views) {
    saw(view.view.identity);
    join.holds.push_back(view.view.id);
  }
  if (join.holds.size() > static_cast<std::size_t>(kMostHeld))
    join.holds.erase(join.holds.begin(), join.holds.end() - kMostHeld);
  if (settings_.capacity > 0) join.presence.emplace_back("capacity", std::to_string(settings_.capacity));
  if (!settings_.journal_id.empty()) {
    join.presence.emplace_back("directory", settings_.journal_id);
    join.presence.emplace_back("grace", std::to_string(settings_.journal_grace_ms));
  }
  join.presence.insert(join.presence.end(), settings_.presence.begin(), settings_.presence.end());
  call(std::move(join), now);
}

void Node::on_join_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != membership_.id) return;
  const auto result = read_join_answer(answer);
  if (const auto* joined = std::get_if<JoinAnswer>(&result)) return on_joined(*joined, now);
  if (const auto* why = std::get_if<WrongType>(&result)) return finish(*why);
  if (const auto* why = std::get_if<ListInUse>(&result)) return finish(*why);
  if (const auto* why = std::get_if<OtherProtocol>(&result)) return finish(*why);
  if (const auto* why = std::get_if<OtherFingerprint>(&result)) return finish(*why);
  if (const auto* full = std::get_if<GroupFull>(&result);
      full && !std::exchange(membership_.told_full, true)) {
    report(Report::Level::warning, "group_full"_event,
           std::to_string(full->open_lanes) +
               " lanes of the group are open, too many for another member: it is paused, or cannot commit; "
               "waiting until there are fewer",
           {{"open_lanes", full->open_lanes}});
  }
  answer_lost(asked, now);
}

void Node::on_joined(const JoinAnswer& joined, TimeMs now) {
  if (joined.identity.run_id != connections_.run_id) {
    return drop_subscriber(now, "it leads to another server process than the command connection");
  }
  membership_.highest_seen = std::max(membership_.highest_seen, joined.view.number);
  confirm_join(joined.nonce, joined.identity, joined.view.number, joined.tick);
  membership_.before = joined.before;
  membership_.told_full = false;
  declare_nobodys();
  if (!connections_.pending(Script::beat)) beats_.at = std::min(beats_.at, now + settings_.beat_ms / 5);
}

// The join is known to have worked: by its answer, or by the marker that lists this member.
void Node::confirm_join(const GroupNonce& nonce, const Identity& identity, std::uint64_t view_number,
                        std::uint64_t tick) {
  auto& me = membership_;
  if (me.joined) return;
  me.joined = true;
  for (const auto& former : std::exchange(me.former, {})) adopt(former);
  me.join_backoff_ms = 0;
  me.before = JoinAnswer::Before::silent;
  me.joined_view = view_number;
  me.last_marker = 0;
  me.last_tick = tick;
  me.counted.reset();
  if (nonce == me.nonce && identity == me.identity) return;
  // Another life of the server's data: what answers said before counts no more, and views of the life before
  // may have to be revived.
  me.nonce = nonce;
  me.identity = identity;
  std::erase(me.seen, identity);
  me.seen.push_back(identity);
  if (me.seen.size() > kMostSeen) me.seen.erase(me.seen.begin());
  std::erase_if(work_.unsettled, [&](const auto& range) { return range.at != identity; });
  order_ = {};
  for (auto& work : work_.lanes) work.waits = held(work.lane.view)->journal.keys().has_value();
  for (auto& view : journals_.views) {
    view.said = view.open = false;
    for (auto& lane : view.lanes) {
      // Where the state was deleted, what it last said is still the best there is to declare from.
      const auto position = view.view.identity == identity ? lane.position : 0;
      lane = HeldLane{};
      lane.position = position;
    }
    // If another group began while this view still grew, the view's end may be messages of that group: in
    // doubt it is not revived, but declared.
    const bool mixed = view.mixed && view.nonce != nonce;
    view.revival =
        view.view.identity == identity || mixed ? HeldView::Revival::not_needed : HeldView::Revival::needed;
  }
}

void Node::on_marker(const Marker& marker, TimeMs now) {
  settle_unplaced(marker);
  const ViewMember* me = marker.view.find(membership_.id);
  // Only who waits for the answer to its join takes a nonce that it does not know: of the
  // marker that lists it.
  const bool awaited = me && (!membership_.joined || connections_.pending(Script::join));
  auto* growing = journals_.growing();
  if ((marker.nonce != membership_.nonce && !awaited) || journals_.find(marker.view.id)) {
    ++statistics_.foreign_control;
    const bool of_this_server = marker.view.identity.run_id == connections_.run_id;
    if (growing && marker.nonce != membership_.nonce && of_this_server &&
        !std::exchange(growing->mixed, true)) {
      growing->journal.note_mixed();
    }
    return;
  }
  if (marker.view.identity.run_id != connections_.run_id) {
    return drop_subscriber(now, "a marker on it names another server process");
  }
  const auto number = marker.view.id.number;
  ++statistics_.views;
  report(
      Report::Level::debug, "view_read"_event,
      "read view " + marker.view.id.text() + " (members: " + std::to_string(marker.view.members.size()) + ")",
      {{"view", marker.view.id.text()}, {"members", marker.view.members.size()}});
  membership_.highest_seen = std::max(membership_.highest_seen, number);
  if (me) confirm_join(marker.nonce, marker.view.identity, number, marker.tick);

  if (growing) {
    growing->growing = false;
    growing->length = growing->journal.count();
    growing->journal.note_end();
  }
  if (!me && leaving_.going_off()) return depart(now);
  journals_.views.emplace_back(marker.view, marker.nonce, me != nullptr);
  keep(journals_.views.back());
  if (marker.view.identity == membership_.identity) membership_.last_marker = number;

  if (me) {
    on_own_marker(marker, *me);
  } else if (membership_.joined && number > membership_.joined_view) {
    ++statistics_.expulsions;
    report(Report::Level::warning, "expelled"_event,
           "expelled by view " + marker.view.id.text() + "; joining again",
           {{"view", marker.view.id.text()}});
    return rejoin(jitter(settings_.beat_ms / 2), now);
  }
  if (!membership_.joined || !connections_.commands_up || leaving_.going_off()) return;
  if (connections_.pending(Script::beat)) {
    beats_.again = true;
  } else {
    send_beat(now, true);
  }
}

void Node::on_own_marker(const Marker& marker, const ViewMember& me) {
  membership_.marker_read = true;
  leaving_.drained = false;  // that was said of the view before
  membership_.joined_view = std::max(membership_.joined_view, marker.view.id.number);
  const auto index = static_cast<std::uint32_t>(&me - marker.view.members.data());
  // Consumers that the view adds are idle: their signs of life go with the beat that follows.
  auto& active = consumers_.active;
  for (auto k = membership_.weight + 1; k <= me.weight; ++k) {
    if (std::find(active.begin(), active.end(), k) == active.end()) active.push_back(k);
  }
  membership_.weight = me.weight;
  if (me.weight > 0) {
    for (auto lane = index; lane < marker.view.lane_count();
         lane += static_cast<std::uint32_t>(marker.view.members.size()))
      take_up({marker.view.id, lane}, membership_.id, 0);
  }
  let_go();
  drop_deleted_views();
  declare_nobodys();
}

// Somebody who knows the group's nonce published a marker that the server never installed. What was counted
// under it has no position that others share; it is declared, and the node starts over with a new view.
void Node::on_forged_views(std::uint64_t above, TimeMs now) {
  report(Report::Level::error, "forged_view"_event,
         "a view was announced but never installed: somebody else publishes on the group's "
         "control channel; joining again");
  const auto forged = [&](const HeldView& view) {
    return view.nonce == membership_.nonce && view.view.identity == membership_.identity &&
           view.view.id.number > above;
  };
  for (auto& view : journals_.views) {
    if (!forged(view)) continue;
    declare(view, LossLine::Kind::lost, "announced by a forged marker");
    std::erase_if(work_.lanes, [&](const auto& work) { return work.lane.view == view.view.id; });
  }
  std::erase_if(journals_.views, forged);
  if (!journals_.views.empty()) {  // it did not end there
    journals_.views.back().length.reset();
    journals_.views.back().journal.note_no_end();
  }
  rejoin(0, now);
}

void Node::on_tick(const Tick& tick, TimeMs now) {
  if (tick.nonce != membership_.nonce) {
    ++statistics_.foreign_control;
    return;
  }
  if (tick.identity.run_id != connections_.run_id) {
    return drop_subscriber(now, "a tick on it names another server process");
  }
  if (tick.number <= membership_.last_tick) return;
  membership_.last_tick = tick.number;
  if (journals_.may_read && membership_.last_tick >= membership_.answered_tick)
    journals_.behind_on_purpose = false;
  const auto* view = journals_.growing();
  if (!view || view->nonce != membership_.nonce) return;
  char digest[16];
  const auto end = std::to_chars(std::begin(digest), std::end(digest), view->journal.digest(), 16).ptr;
  membership_.counted =
      Counted{tick.number, view->view.id, view->journal.count(), std::string(std::begin(digest), end)};
}

// The answers that any script may give instead of doing its work.
void Node::on_refusal(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != membership_.id || !membership_.joined || finished_) return;
  const auto refusal = read_refusal(answer);
  switch (refusal.why) {
    case Refusal::Why::none:
      return;
    case Refusal::Why::no_state:
    case Refusal::Why::other_nonce:
      report(Report::Level::warning, "state_deleted"_event,
             "the server no longer has the state of group '" + settings_.group +
                 "': it was deleted, or lost with the server's data; starting it again");
      return rejoin(0, now);
    case Refusal::Why::other_identity:
      if (refusal.identity && refusal.identity->run_id == connections_.run_id) return rejoin(0, now);
      return drop_subscriber(now, "the server is another process now");
    case Refusal::Why::stale:
      return drop_subscriber(now, "ticks no longer arrive on it");
    case Refusal::Why::no_member:
      ++statistics_.expulsions;
      if (!refusal.reason.empty()) return on_mismatch(refusal.reason, now);
      report(Report::Level::warning, "expelled"_event, "no longer a member of the group; joining again");
      return rejoin(jitter(settings_.beat_ms / 2), now);
  }
}

void Node::on_mismatch(const std::string& why, TimeMs now) {
  auto& last = membership_.last_mismatch_at;
  if (last >= 0 && now - last < kMismatchGrace_ms) return finish(Mismatch{membership_.id, why});
  last = now;
  report(Report::Level::error, "mismatch"_event,
         "expelled because " + why + "; joining again on a new connection", {{"reason", why}});
  drop_subscriber(now, "its messages differ from another member's");
}

}  // namespace tributary::group
