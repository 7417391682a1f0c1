#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/group/node.hpp"

// Coming, going and staying: connections, join, markers, ticks, what was lost with a deleted state, leaving.
namespace tributary::group {
namespace {

constexpr char kProtocolVersion[] = "1";
constexpr TimeMs kMismatchGrace_ms = 60'000;

Error other_protocol(const std::string& group, const std::string& theirs) {
  const bool older = to_number(theirs).value_or(UINT64_MAX) < to_number(kProtocolVersion);
  return {
      ExitCode::temporary,
      "group '" + group + "' runs protocol version " + theirs + ", this node speaks " + kProtocolVersion +
          (older
               ? "; to change the group: 'tributary stop', upgrade every node, 'tributary resume', start them"
               : "; upgrade tributary on this host")};
}

}  // namespace

void Node::on_subscribed(const std::string& run_id, TimeMs now) {
  connecting_ = false;
  subscriber_up_ = true;
  subscriber_run_id_ = run_id;
  unplaced_ = 0;
  join_at_ = now;
  on_time(now);
}

void Node::on_subscriber_lost(TimeMs now) {
  // A connection that broke is replaced at once; an attempt that failed is repeated with patience.
  connect_at_ = now + (connecting_ ? settings_.beat_ms : 0) + jitter(connecting_ ? settings_.beat_ms : 100);
  connecting_ = false;
  subscriber_up_ = false;
  behind_on_purpose_ = false;
  if (!held_.empty()) held_.back().growing = false;
  rejoin(0, now);
}

void Node::drop_subscriber(TimeMs now, std::string why) {
  report(Report::Level::warning, "subscriber connection ended: " + std::move(why));
  actions_.push_back(DropConnections{true, false});
  on_subscriber_lost(now);
  connect_at_ = now + settings_.beat_ms / 2 + jitter(settings_.beat_ms);
}

// What this node was is over; it joins again as a new member, naming what it was.
void Node::rejoin(TimeMs delay_ms, TimeMs now) {
  joined_ = false;
  leading_ = false;
  marker_read_ = false;
  watched_.clear();
  former_.push_back(member_);
  if (former_.size() > 64) former_.erase(former_.begin());  // their presence ran out long ago
  new_member_id();
  for (auto& [id, call] : calls_) {
    // An answer to a call of the former member would speak of things that are over; commits are still its
    // own. That it is owed is not forgotten: by its absence a connection is known that is dead in one
    // direction only.
    call.over = call.over || call.script != Script::commit;
  }
  for (auto& work : works_) work.claiming = work.releasing = false;
  for (auto& view : held_) {
    if (view.revival == HeldView::Revival::asked) view.revival = HeldView::Revival::needed;
  }
  if (leaving_ != Leaving::no && leaving_ != Leaving::at_once) leaving_ = Leaving::wanted;
  drained_ = beat_again_ = false;
  join_at_ = now + delay_ms;
}

void Node::send_join(TimeMs now) {
  std::string former, seen = identity_.empty() ? "" : identity_.text();
  for (const auto& id : former_) former += (former.empty() ? "" : ",") + id.text;
  for (const auto& view : held_) {
    const auto identity = view.view.identity.text();
    if (seen.find(identity) == std::string::npos) seen += (seen.empty() ? "" : ",") + identity;
  }
  const auto ttl = std::to_string(2 * settings_.lease_ms);
  std::vector<std::string> arguments = {settings_.group,
                                        member_.text,
                                        nonce_.empty() ? "-" : nonce_.text,
                                        std::to_string(leaving_ == Leaving::no ? settings_.weight : 0),
                                        former.empty() ? "-" : former,
                                        std::to_string(highest_seen_),
                                        settings_.fingerprint,
                                        kProtocolVersion,
                                        nonce(),
                                        random_.hex(16),
                                        ttl,
                                        std::to_string(settings_.lease_ms),
                                        seen.empty() ? "-" : seen};
  if (settings_.capacity > 0) {
    arguments.push_back("capacity");
    arguments.push_back(std::to_string(settings_.capacity));
  }
  for (const auto& [field, value] : settings_.presence) {
    arguments.push_back(field);
    arguments.push_back(value);
  }
  call(Script::join, std::move(arguments), now);
}

void Node::on_join_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != member_) return;
  const auto& values = answer.values;
  const auto& status = answer.status();
  if (status == "wrongtype" && values.size() == 4) {
    return finish(Error{ExitCode::configuration, "Redis key '" + values[1] + "' holds a " + values[2] +
                                                     ", not a " + values[3] +
                                                     "; rename or remove it, or choose another name"});
  }
  if (status == "list" && values.size() == 3) {
    return finish(Error{ExitCode::temporary, "consumers list '" + values[1] + "' is in use by group '" +
                                                 values[2] + "', not '" + settings_.group +
                                                 "'; set --consumers-list to another name"});
  }
  if (status == "protocol" && values.size() == 2) return finish(other_protocol(settings_.group, values[1]));
  if (status == "fingerprint" && values.size() == 2) {
    return finish(Error{ExitCode::temporary, "group '" + settings_.group + "' is live with [" + values[1] +
                                                 "], this node has [" + settings_.fingerprint +
                                                 "]; use the same settings or another output stream"});
  }
  if (status != "ok" || values.size() != 7) return answer_lost(asked, now);
  const auto view = ViewId::parse(values[1]);
  const auto identity = Identity::parse(values[3]);
  if (!view || !identity || values[4].empty()) return answer_lost(asked, now);
  if (identity->run_id != subscriber_run_id_) {
    return drop_subscriber(now, "it leads to another server process than the command connection");
  }
  highest_seen_ = std::max(highest_seen_, view->number);
  confirm_join(GroupNonce(values[4]), *identity, view->number, std::strtoull(values[5].c_str(), nullptr, 10));
  if (values[6] == "1") started_group_ = true;
  declare_unplaced();
  if (!pending(Script::beat)) beat_at_ = std::min(beat_at_, now + settings_.beat_ms / 5);
}

// The join is known to have worked: by its answer, or by the marker that lists this member.
void Node::confirm_join(const GroupNonce& nonce, const Identity& identity, std::uint64_t view_number,
                        std::uint64_t tick) {
  if (joined_) return;
  joined_ = true;
  former_.clear();
  join_backoff_ms_ = 0;
  started_group_ = false;
  joined_view_ = view_number;
  last_marker_ = 0;
  last_tick_ = tick;
  counted_.clear();
  if (nonce == nonce_ && identity == identity_) return;
  // Another life of the server's data: what answers said before counts no more, and views of the life before
  // may have to be revived.
  nonce_ = nonce;
  identity_ = identity;
  for (auto& view : held_) {
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
  const ViewMember* me = marker.view.find(member_);
  // Only who waits for the answer to its join takes a nonce that it does not know: of the marker that lists
  // it.
  const bool awaited = me && (!joined_ || pending(Script::join));
  if ((marker.nonce != nonce_ && !awaited) || find_held(marker.view.id)) {
    ++statistics_.foreign_control;
    const bool of_this_server = marker.view.identity.run_id == subscriber_run_id_;
    if (growing() && marker.nonce != nonce_ && of_this_server) held_.back().mixed = true;
    return;
  }
  if (marker.view.identity.run_id != subscriber_run_id_) {
    return drop_subscriber(now, "a marker on it names another server process");
  }
  ++statistics_.views;
  highest_seen_ = std::max(highest_seen_, marker.view.id.number);
  if (me) confirm_join(marker.nonce, marker.view.identity, marker.view.id.number, marker.tick);

  if (!held_.empty() && held_.back().growing) {
    held_.back().growing = false;
    held_.back().length = held_.back().journal.count();
  }
  held_.emplace_back(marker.view, marker.nonce);
  if (marker.view.identity == identity_) last_marker_ = marker.view.id.number;

  if (me) {
    marker_read_ = true;
    joined_view_ = std::max(joined_view_, marker.view.id.number);
    const auto index = static_cast<std::uint32_t>(me - marker.view.members.data());
    // Consumers that the view adds are idle: their signs of life go with the beat that follows.
    for (auto k = weight_ + 1; k <= me->weight; ++k) {
      if (std::find(active_.begin(), active_.end(), k) == active_.end()) active_.push_back(k);
    }
    weight_ = me->weight;
    if (me->weight > 0) take_up({marker.view.id, index}, member_, 0);
    drop_deleted_views();
    declare_unplaced();
  } else if (joined_ && marker.view.id.number > joined_view_) {
    ++statistics_.expulsions;
    report(Report::Level::warning, "expelled by view " + marker.view.id.text() + "; joining again");
    return rejoin(jitter(settings_.beat_ms / 2), now);
  }
  if (!joined_ || !commands_up_) return;
  if (pending(Script::beat)) {
    beat_again_ = true;
  } else {
    send_beat(now, true);
  }
}

// Somebody who knows the group's nonce published a marker that the server never installed. What was counted
// under it has no position that others share; it is declared, and the node starts over with a new view.
void Node::on_forged_views(std::uint64_t above, TimeMs now) {
  report(Report::Level::error,
         "a view was announced but never installed: somebody else publishes on the group's "
         "control channel; joining again");
  const auto forged = [&](const HeldView& view) {
    return view.nonce == nonce_ && view.view.identity == identity_ && view.view.id.number > above;
  };
  for (auto& view : held_) {
    if (!forged(view)) continue;
    declare(view, "announced by a forged marker");
    std::erase_if(works_, [&](const auto& work) { return work.lane.view == view.view.id; });
  }
  std::erase_if(held_, forged);
  if (!held_.empty()) held_.back().length.reset();  // it did not end there
  rejoin(0, now);
}

void Node::on_tick(const Tick& tick, TimeMs now) {
  if (tick.nonce != nonce_) {
    ++statistics_.foreign_control;
    return;
  }
  if (tick.identity.run_id != subscriber_run_id_) {
    return drop_subscriber(now, "a tick on it names another server process");
  }
  if (tick.number <= last_tick_) return;
  last_tick_ = tick.number;
  if (may_read_ && last_tick_ >= answered_tick_) behind_on_purpose_ = false;
  const HeldView* view = growing();
  if (!view || view->nonce != nonce_) return;
  char digest[17];
  std::snprintf(digest, sizeof digest, "%016llx", static_cast<unsigned long long>(view->journal.digest()));
  counted_ = std::to_string(tick.number) + "/" + view->view.id.text() + "/" +
             std::to_string(view->journal.count()) + "/" + digest;
}

// Views read under a state that somebody deleted, while the server never went back: what is uncommitted is in
// doubt, and in doubt nothing is appended.
void Node::drop_deleted_views() {
  for (auto view = held_.begin(); view != held_.end();) {
    if (view->nonce == nonce_ || view->revival == HeldView::Revival::needed ||
        view->revival == HeldView::Revival::asked) {
      ++view;
      continue;
    }
    declare(*view, "the state of the group was deleted");
    std::erase_if(works_, [&](const auto& work) { return work.lane.view == view->view.id; });
    view = held_.erase(view);
  }
}

// Lines for the loss ledger: what is held of a view and will not be appended.
void Node::declare(HeldView& view, const std::string& reason) {
  std::uint64_t lost = 0;
  for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
    const auto& log = view.journal.lane(lane);
    auto from = view.rank_at(lane, view.lanes[lane].position);
    for (const auto& work : works_) {
      if (work.lane == LaneId{view.view.id, lane}) from = std::max(from, work.acknowledged);
    }
    from = std::max(from, log.first());
    if (log.end() <= from) continue;
    const auto position = [&](std::uint64_t rank) {
      return rank == 0 ? 0 : view.journal.slots().position_of(lane, rank - 1);
    };
    const auto messages = std::to_string(log.end() - from);
    lost += log.end() - from;
    for (auto& value : {reason, view.view.id.text(), std::to_string(lane), std::to_string(position(from)),
                        std::to_string(position(log.end())), messages}) {
      declarations_.push_back(value);
    }
  }
  if (lost > 0) {
    report(Report::Level::error, std::to_string(lost) + " messages of view " + view.view.id.text() +
                                     " cannot be delivered and are declared: " + reason);
  }
}

void Node::declare_unplaced() {
  if (!joined_ || !marker_read_ || !started_group_ || unplaced_ == 0) return;
  report(Report::Level::warning,
         std::to_string(unplaced_) + " messages came before the group's first view; declared");
  for (auto& value : {std::string("received before the first view"), std::string("-"), std::string("-"),
                      std::string("-"), std::string("-"), std::to_string(unplaced_)}) {
    declarations_.push_back(value);
  }
  unplaced_ = 0;
}

// The answers that any script may give instead of doing its work.
void Node::on_refusal(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != member_ || !joined_ || finished_) return;
  const auto& status = answer.status();
  if (status == "nostate" || status == "nonce") {
    report(Report::Level::warning,
           "the state of group '" + settings_.group + "' was deleted; starting it anew");
    rejoin(0, now);
  } else if (status == "identity") {
    const auto identity = answer.values.size() > 1 ? Identity::parse(answer.values[1]) : std::nullopt;
    if (identity && identity->run_id == subscriber_run_id_) {
      rejoin(0, now);
    } else {
      drop_subscriber(now, "the server is another process now");
    }
  } else if (status == "stale") {
    drop_subscriber(now, "ticks no longer arrive on it");
  } else if (status == "nomember") {
    const std::string why = answer.values.size() > 1 ? answer.values[1] : "";
    ++statistics_.expulsions;
    if (why.empty()) {
      report(Report::Level::warning, "no longer a member of the group; joining again");
      return rejoin(jitter(settings_.beat_ms / 2), now);
    }
    if (last_mismatch_at_ >= 0 && now - last_mismatch_at_ < kMismatchGrace_ms) {
      return finish(
          Error{ExitCode::software,
                "expelled twice within a minute because " + why + " (this node is " + member_.text +
                    "); their server, proxy or subscription is not the same: check where both connect to"});
    }
    last_mismatch_at_ = now;
    report(Report::Level::error, "expelled because " + why + "; joining again on a new connection");
    drop_subscriber(now, "its messages differ from another member's");
  }
}

void Node::leave_now(TimeMs now) {
  if (finished_ || leaving_ == Leaving::at_once) return;
  leaving_ = Leaving::at_once;
  if (!joined_ || !commands_up_) return finish(std::nullopt);
  call(Script::leave,
       {settings_.group, member_.text, nonce_.text, "2", nonce(), std::to_string(2 * settings_.lease_ms)},
       now);
}

void Node::leave(TimeMs now) {
  if (leaving_ == Leaving::no) leaving_ = Leaving::wanted;
  advance_leaving(now);
}

void Node::leave_if_idle(TimeMs now) {
  const auto limit = desired_.idle_timeout_ms.value_or(settings_.idle_timeout_ms);
  // What is paused is not idle: it would process as it leaves.
  if (!joined_ || paused() || statistics_.received != received_at_last_look_ || last_message_at_ < 0) {
    received_at_last_look_ = statistics_.received;
    last_message_at_ = now;
  }
  if (limit <= 0 || leaving_ != Leaving::no || now - last_message_at_ < limit) return;
  report(Report::Level::info, "nothing was received for " + std::to_string(limit) + " ms; leaving");
  leaving_ = Leaving::wanted;
}

void Node::advance_leaving(TimeMs now) {
  if (leaving_ == Leaving::no || finished_) return;
  if (leaving_ == Leaving::at_once) {  // its call was lost, or refused: no more than that was asked of it
    if (!pending(Script::leave)) finish(std::nullopt);
    return;
  }
  if (!joined_) {
    // Not in the group: nothing to hand over, unless it holds what only it may have.
    if (!pending(Script::join) && uncommitted() == 0 && (former_.empty() || !commands_up_))
      finish(std::nullopt);
    return;
  }
  if (!commands_up_ || pending(Script::leave)) return;
  if (leaving_ == Leaving::wanted) {
    leaving_ = Leaving::asked;
    call(Script::leave,
         {settings_.group, member_.text, nonce_.text, "0", nonce(), std::to_string(2 * settings_.lease_ms)},
         now);
  } else if (leaving_ == Leaving::standby && drained_) {
    leaving_ = Leaving::drained;
    if (handed_over_ > 0) {
      report(Report::Level::info,
             "leaving " + std::to_string(handed_over_) + " messages to members that hold them, too");
    }
    const HeldView* last = growing();
    const auto nobodys = last && last->journal.slots().empty() ? last->journal.count() : 0;
    call(Script::leave,
         {settings_.group, member_.text, nonce_.text, "1", nonce(), std::to_string(2 * settings_.lease_ms),
          std::to_string(nobodys)},
         now);
  }
}

void Node::on_leave_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (answer.status() == "leaving" && answer.values.size() == 2) {
    const auto view = ViewId::parse(answer.values[1]);
    leave_view_ = view ? view->number : 0;
    highest_seen_ = std::max(highest_seen_, leave_view_);
    leaving_ = Leaving::standby;
    standby_since_ = now;
  } else if (answer.status() == "left") {
    finish(std::nullopt);
  } else if (answer.status() == "lanes") {
    leaving_ = Leaving::standby;
    drained_ = false;  // the next beat's answer says again
  } else if (leaving_ == Leaving::at_once) {
    finish(std::nullopt);
  } else {
    leaving_ = Leaving::wanted;
    on_refusal(asked, answer, now);
  }
}

}  // namespace tributary::group
