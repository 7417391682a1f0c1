#include "explore/node_inspector.hpp"

#include <algorithm>

namespace tributary::group {

using explore::Digest;

// If this fails, a field came or went: see that digest() writes down what matters of it.
static_assert(sizeof(void*) != 8 || sizeof(Node) - sizeof(plan::Autoscaler) == 1288);

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
  }
}

void add(Digest& out, const HeldView& held, TimeMs elapsed, TimeMs window) {
  add(out, held.view.id);
  out.add(held.view.identity.text()).add(format_members(held.view.members)).add(held.nonce.text);
  add(out, held.journal);
  out.add(held.growing).add(held.mixed).add(held.length.has_value()).add(held.length.value_or(0));
  out.add(static_cast<int>(held.revival)).add(held.said).add(held.open);
  out.add(held.said && !held.open ? std::min(elapsed - held.closed_at, window) : 0);
  for (const auto& lane : held.lanes) {
    out.add(lane.open)
        .add(lane.owner.text)
        .add(lane.position)
        .add(lane.end.has_value())
        .add(lane.end.value_or(0));
    out.add(lane.committed.size());
    for (const auto& done : lane.committed) out.add(std::min(elapsed - done.at, window)).add(done.rank);
  }
}

void add(Digest& out, const LaneWork& work) {
  add(out, work.lane);
  out.add(work.serial).add(work.owner.text).add(work.acknowledged).add(work.sent).add(work.ready);
  out.add(work.in_flight).add(work.rewinding).add(work.releasing).add(work.claiming);
}

}  // namespace

void NodeInspector::digest(const Node& node, TimeMs now, Digest& out) {
  const auto& settings = node.settings_;
  const auto elapsed = node.clock_.elapsed();
  out.add(node.commands_up_).add(node.subscriber_up_).add(node.connecting_).add(due(node.connect_at_, now));
  out.add(node.subscriber_run_id_).add(node.last_call_).add(node.calls_.size());
  for (const auto& [id, call] : node.calls_) {
    out.add(id).add(static_cast<int>(call.script)).add(since(call.sent_at, now, 3 * settings.lease_ms));
    out.add(call.member.text);
    add(out, call.lane);
    add(out, call.view);
    out.add(call.serial).add(call.end).add(call.over);
  }

  out.add(node.member_.text).add(node.former_.size());
  for (const auto& id : node.former_) out.add(id.text);
  out.add(node.joined_).add(due(node.join_at_, now)).add(node.join_backoff_ms_).add(node.nonce_.text);
  out.add(node.identity_.text()).add(node.joined_view_).add(node.highest_seen_).add(node.last_marker_);
  out.add(node.last_tick_).add(node.answered_tick_).add(node.behind_on_purpose_).add(node.counted_);
  out.add(node.unplaced_).add(node.started_group_);
  out.add(node.marker_read_).add(since(node.last_mismatch_at_, now, 60'000)).add(node.declarations_.size());
  for (const auto& text : node.declarations_) out.add(text);

  out.add(due(node.beat_at_, now)).add(node.beat_again_);
  out.add(since(node.last_success_at_, now, std::max(2 * settings.beat_ms, settings.lease_ms / 2) + 1));
  out.add(since(node.unbroken_since_, now, settings.lease_ms)).add(node.leading_).add(node.watched_.size());
  for (const auto& [lane, seen] : node.watched_) {
    add(out, lane);
    out.add(seen.position).add(std::min(elapsed - seen.since, settings.window_ms));
  }

  out.add(node.held_.size());
  for (const auto& held : node.held_) add(out, held, elapsed, settings.window_ms);
  out.add(node.works_.size());
  for (const auto& work : node.works_) add(out, work);
  out.add(node.last_serial_)
      .add(node.commits_in_flight_)
      .add(due(node.commit_at_, now))
      .add(node.commit_backoff_ms_);
  out.add(node.commit_trouble_).add(node.may_read_).add(node.forgot_early_at_ >= 0);
  out.add(node.wants_view_).add(due(node.wants_view_at_, now));
  out.add(static_cast<int>(node.leaving_)).add(node.leave_view_).add(node.drained_).add(node.finished_);
  // Nobody desires anything in these worlds, and weights are fixed: what the node knows of that changes
  // nothing.
  const bool standby = node.leaving_ == Node::Leaving::standby;
  out.add(standby ? since(node.standby_since_, now, 4 * settings.lease_ms) : 0);
}

void NodeInspector::prepare(Node& node, std::uint64_t seed) {
  node.random_ = Random(seed);
  node.statistics_ = {};
}

void NodeInspector::renumber(Node& node) {
  if (!node.calls_.empty()) return;
  node.last_call_ = 0;
  node.last_serial_ = 0;
  for (auto& work : node.works_) work.serial = ++node.last_serial_;
}

}  // namespace tributary::group
