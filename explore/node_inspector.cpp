#include "explore/node_inspector.hpp"

#include <algorithm>

namespace tributary::group {

using explore::Digest;

// If this fails, a field came or went: see that digest() writes down what matters of it.
// Nothing of a journal directory does: no node here has one.
static_assert(sizeof(void*) != 8 || sizeof(Node) - sizeof(plan::Autoscaler) == 1736);

namespace {

constexpr TimeMs kNoTime = -1'000'000;

// A moment from which on something is allowed: how long ago it was makes no difference.
TimeMs due(TimeMs at, TimeMs now) { return std::max<TimeMs>(at - now, 0); }

// A moment since when something lasts: beyond `longest` it makes no difference.
TimeMs since(TimeMs at, TimeMs now, TimeMs longest) { return at < 0 ? kNoTime : std::min(now - at, longest); }

void add(Digest& out, const ViewId& id) { out.add(id.number).add(id.nonce); }
void add(Digest& out, const LaneId& id) {
  add(out, id.view);
  out.add(id.index);
}

void add(Digest& out, const journal::Journal& journal) {
  out.add(journal.count()).add(journal.digest()).add(journal.lane_count());
  for (std::uint32_t lane = 0; lane < journal.lane_count(); ++lane) {
    const auto& log = journal.lane(lane);
    out.add(journal.given_up(lane)).add(log.first()).add(log.end()).add(log.bytes());
    for (auto rank = log.first(); rank < log.end(); ++rank) out.add(log.payload(rank));
    for (auto rank = log.first(); journal.keys() && rank < log.end(); ++rank)
      out.add(journal.position_of(lane, rank)).add(journal.key_of(lane, rank));
  }
}

void add(Digest& out, const HeldView& held, TimeMs elapsed, TimeMs window) {
  add(out, held.view.id);
  out.add(held.view.identity.text()).add(format_members(held.view.members)).add(held.nonce.text);
  if (held.view.before) out.add(format_members(*held.view.before));
  add(out, held.journal);
  out.add(held.lists_me)
      .add(held.growing)
      .add(held.mixed)
      .add(held.length.has_value())
      .add(held.length.value_or(0));
  out.add(static_cast<int>(held.revival)).add(held.said).add(held.open);
  out.add(held.said && !held.open ? std::min(elapsed - held.closed_at, window) : 0);
  for (const auto& lane : held.lanes) {
    out.add(lane.open)
        .add(lane.owner.text)
        .add(lane.held)
        .add(lane.position)
        .add(lane.end.has_value())
        .add(lane.end.value_or(0));
    out.add(lane.committed.size());
    for (const auto& done : lane.committed) out.add(std::min(elapsed - done.at, window)).add(done.rank);
  }
}

void add(Digest& out, const LaneWork& work) {
  add(out, work.lane);
  out.add(work.serial)
      .add(work.owner.text)
      .add(work.acknowledged)
      .add(work.sent)
      .add(work.ready)
      .add(work.deaths)
      .add(work.careful_below);
  out.add(work.in_flight).add(work.rewinding).add(work.releasing).add(work.claiming);
  out.add(work.waits).add(work.untried);
}

}  // namespace

namespace {

void add(Digest& out, const Connections& connections, TimeMs now, TimeMs longest_wait) {
  out.add(connections.commands_up)
      .add(connections.subscriber_up)
      .add(connections.connecting)
      .add(connections.patience_ms);
  out.add(connections.connecting ? since(connections.connect_at, now, connections.patience_ms + longest_wait)
                                 : due(connections.connect_at, now));
  out.add(since(connections.heard_at, now, longest_wait))
      .add(connections.run_id)
      .add(connections.identity.text())
      .add(connections.last_call);
  out.add(connections.calls.size());
  for (const auto& [id, call] : connections.calls) {
    out.add(id).add(static_cast<int>(call.script)).add(since(call.sent_at, now, longest_wait));
    out.add(call.member.text);
    add(out, call.lane);
    add(out, call.view);
    out.add(call.serial).add(call.first).add(call.end).add(call.over);
  }
}

void add(Digest& out, const Membership& me, TimeMs now) {
  out.add(me.id.text).add(me.former.size());
  for (const auto& id : me.former) out.add(id.text);
  out.add(me.joined).add(due(me.join_at, now)).add(me.join_backoff_ms).add(me.nonce.text);
  out.add(me.identity.text()).add(me.joined_view).add(me.highest_seen).add(me.last_marker);
  out.add(me.seen.size());
  for (const auto& identity : me.seen) out.add(identity.text());
  out.add(me.last_tick).add(me.answered_tick).add(me.counted.has_value());
  if (me.counted) {
    add(out, me.counted->view);
    out.add(me.counted->tick).add(me.counted->count).add(me.counted->digest);
  }
  out.add(me.unplaced).add(me.nobodys).add(me.covered).add(static_cast<int>(me.before)).add(me.marker_read);
  out.add(since(me.last_mismatch_at, now, 60'000));
}

void add(Digest& out, const Leadership& leadership, TimeMs elapsed, TimeMs window) {
  out.add(leadership.leading).add(leadership.watched.size());
  for (const auto& [lane, seen] : leadership.watched) {
    add(out, lane);
    out.add(seen.position).add(std::min(elapsed - seen.since, window));
  }
}

void add(Digest& out, const Work& work, TimeMs now) {
  out.add(work.lanes.size());
  for (const auto& lane : work.lanes) add(out, lane);
  out.add(work.transactions).add(work.steady).add(work.ending.has_value()).add(work.unsettled.size());
  for (const auto& range : work.unsettled) {
    add(out, range.lane);
    out.add(range.first).add(range.end).add(range.at.text());
  }
  out.add(work.last_serial).add(work.in_flight).add(due(work.commit_at, now)).add(work.backoff_ms);
  out.add(work.trouble);
}

}  // namespace

// Nobody desires anything in these worlds, and weights are fixed: what the node knows of that
// changes nothing.
void NodeInspector::digest(const Node& node, TimeMs now, Digest& out) {
  const auto& settings = node.settings_;
  const auto elapsed = node.beats_.clock.elapsed();
  add(out, node.connections_, now, 3 * settings.lease_ms);
  add(out, node.membership_, now);
  out.add(node.declarations_.size());
  for (const auto& line : node.declarations_) {
    out.add(static_cast<int>(line.kind))
        .add(line.reason)
        .add(line.view)
        .add(line.lane)
        .add(line.after)
        .add(line.to)
        .add(line.messages);
  }

  const auto& beats = node.beats_;
  out.add(due(beats.at, now)).add(beats.again);
  out.add(since(beats.last_success_at, now, std::max(2 * settings.beat_ms, settings.lease_ms / 2) + 1));
  out.add(since(beats.unbroken_since, now, settings.lease_ms));
  add(out, node.leadership_, elapsed, settings.window_ms);

  const auto& journals = node.journals_;
  out.add(journals.views.size());
  for (const auto& held : journals.views) add(out, held, elapsed, settings.window_ms);
  out.add(journals.may_read).add(journals.behind_on_purpose).add(journals.forgot_early_at >= 0);
  out.add(journals.wants_view).add(due(journals.wants_view_at, now));
  add(out, node.work_, now);
  const auto& order = node.order_;
  out.add(order.answered_view).add(order.first_unread).add(order.known_below);
  out.add(since(order.waits_since, now, std::max(settings.beat_ms * 4, settings.lease_ms + 1)));
  out.add(due(order.ask_at, now)).add(order.told);

  const auto& leaving = node.leaving_;
  const bool standby = leaving.stage == Leaving::Stage::standby;
  out.add(leaving.going_off() ? since(leaving.called_at, now, settings.lease_ms + 1) : 0);
  out.add(static_cast<int>(leaving.stage)).add(leaving.view).add(leaving.drained).add(node.finished_);
  out.add(standby ? since(leaving.standby_since, now, 4 * settings.lease_ms) : 0);
}

void NodeInspector::prepare(Node& node, std::uint64_t seed) {
  node.random_ = Random(seed);
  node.statistics_ = {};
}

void NodeInspector::renumber(Node& node) {
  if (!node.connections_.calls.empty()) return;
  node.connections_.last_call = 0;
  node.work_.last_serial = 0;
  for (auto& work : node.work_.lanes) work.serial = ++node.work_.last_serial;
}

}  // namespace tributary::group
