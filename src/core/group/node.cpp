#include "core/group/node.hpp"

#include <algorithm>

// Events, calls and their answers. The rest of the node stands beside this file, one concern each:
// membership, declaring, leaving, beat, lanes, retention, leading.
namespace tributary::group {
namespace {

constexpr TimeMs kMostPatience_ms = 10'000;
constexpr TimeMs kMomentToLeave_ms = 50;

}  // namespace

Node::Node(NodeSettings settings, std::uint64_t seed)
    : settings_(std::move(settings)), random_(seed), beats_{.clock = BeatClock(2 * settings_.beat_ms)} {
  new_member_id();
}

void Node::new_member_id() { membership_.id = MemberId(settings_.name + "-" + random_.hex(8)); }

void Node::finish(std::optional<Ending> why) {
  if (finished_) return;
  finished_ = true;
  actions_.push_back(Finish{std::move(why)});
}

CallId Node::expect(Script script, TimeMs now, PendingCall details) {
  details.script = script;
  details.sent_at = now;
  details.member = membership_.id;
  const CallId id = ++connections_.last_call;
  connections_.calls.emplace(id, std::move(details));
  return id;
}

CallId Node::call(AnyCall call, TimeMs now, PendingCall details) {
  const auto id = expect(script_of(call), now, std::move(details));
  actions_.push_back(MakeCall{id, std::move(call)});
  return id;
}

void Node::on_commands_connected(const Identity& identity, TimeMs now) {
  connections_.commands_up = true;
  connections_.identity = identity;
  beats_.at = now;
  work_.commit_at = now;
  on_time(now);
}

void Node::on_commands_lost(TimeMs now) {
  connections_.commands_up = false;
  beats_.again = false;
  work_.transactions = work_.steady = false;
  // Whether these were done nobody knows; every script may be called again.
  for (auto& [id, lost] : std::exchange(connections_.calls, {})) {
    if (!lost.over) answer_lost(lost, now);
  }
  if (work_.ending) finish(work_.ending);
}

void Node::on_message(std::string_view payload, std::string_view trailer, std::uint16_t key) {
  if (auto* growing = journals_.growing(); growing && !growing->journal.lanes_are_empty()) [[likely]] {
    ++statistics_.received;
    growing->journal.append(payload, trailer, key);
  } else {
    ++membership_.unplaced;
  }
}

void Node::set_consumers(std::vector<std::uint32_t> active, double busy, bool hanging) {
  consumers_ = {std::move(active), busy, hanging};
}

void Node::on_batch_end(TimeMs now) {
  connections_.heard_at = now;
  enforce_limit();
  ask_for_turn(now);
}

void Node::on_control(std::string_view text, TimeMs now) {
  if (!connections_.subscriber_up) return;  // what is left of a connection that was given up a moment ago
  connections_.heard_at = now;
  const auto message = parse_control_message(text);
  if (!message) {
    ++statistics_.foreign_control;
  } else if (const auto* marker = std::get_if<Marker>(&*message)) {
    on_marker(*marker, now);
  } else {
    on_tick(std::get<Tick>(*message), now);
  }
}

// A server that says that the group is not there any more goes on publishing, but in an order of its own.
void Node::follow_server(const std::string& error, TimeMs now) {
  const bool replica = error.starts_with("READONLY");
  if (!replica && !error.starts_with("MOVED")) return;
  report(Report::Level::warning, "not_connected"_event,
         replica ? "the server has become a replica; connecting again"
                 : "the server has handed the group to another node of the cluster; connecting again");
  actions_.push_back(DropConnections{false, true});
  on_commands_lost(now);
  drop_subscriber(now,
                  replica ? "its server is a replica now" : "its server does not have the group any more");
  // What is published now reaches nobody; but a cluster brings it to those who are still at the old server, too, and what is in
  // two orders is appended twice. So everybody gets a moment to leave.
  connections_.connect_at = now + kMomentToLeave_ms + jitter(kMomentToLeave_ms);
}

void Node::on_answer(CallId id, const Answer& answer, TimeMs now) {
  const auto found = connections_.calls.find(id);
  if (found == connections_.calls.end()) return;  // given up on: its connection is gone
  const PendingCall asked = std::move(found->second);
  connections_.calls.erase(found);
  if (asked.over) return;
  if (answer.kind != Answer::Kind::values) {
    if (answer.kind == Answer::Kind::refused) follow_server(answer.error, now);
    if (asked.script != Script::commit) return answer_lost(asked, now);
  }
  switch (asked.script) {
    case Script::join:
      return on_join_answer(asked, answer, now);
    case Script::beat:
      return on_beat_answer(asked, answer, now);
    case Script::claim:
      return on_claim_answer(asked, answer, now);
    case Script::commit:
      return on_commit_answer(asked, answer, now);
    case Script::revive:
      return on_revive_answer(asked, answer, now);
    case Script::leave:
      return on_leave_answer(asked, answer, now);
    case Script::declare:
      if (answer.status() == "ok") {
        declarations_.erase(declarations_.begin(),
                            declarations_.begin() + static_cast<std::ptrdiff_t>(asked.end));
      }
      return;
    case Script::install:
      membership_.highest_seen = std::max(membership_.highest_seen, read_install_answer(answer));
      return on_refusal(asked, answer, now);
    case Script::sweep:
      return on_sweep_answer(asked, answer, now);
    case Script::desire:
    case Script::status:
      return on_refusal(asked, answer, now);
  }
}

// The call may have been done, or not, or may be done later. Forgetting that it is under way is enough: what
// it was for is seen again, in the state of this node or in the next beat's answer.
void Node::answer_lost(const PendingCall& asked, TimeMs now) {
  switch (asked.script) {
    case Script::join:
      membership_.join_backoff_ms =
          std::min<TimeMs>(std::max<TimeMs>(membership_.join_backoff_ms * 2, 50), settings_.lease_ms);
      membership_.join_at = now + membership_.join_backoff_ms / 2 + jitter(membership_.join_backoff_ms);
      break;
    case Script::beat:
      beats_.at = std::min(beats_.at, now + settings_.beat_ms / 2);
      break;
    case Script::commit:
      on_commit_answer(asked, Answer{}, now);
      break;
    case Script::claim:
      if (auto* work = work_.find(asked.lane)) work->claiming = false;
      break;
    case Script::revive:
      if (auto* view = journals_.find(asked.view); view && view->revival == HeldView::Revival::asked) {
        view->revival = HeldView::Revival::needed;
      }
      break;
    case Script::leave:
      if (leaving_.stage == Leaving::Stage::asked) leaving_.stage = Leaving::Stage::wanted;
      if (leaving_.stage == Leaving::Stage::asked_off) leaving_.stage = Leaving::Stage::standby;
      break;
    case Script::install:
    case Script::sweep:
    case Script::declare:
    case Script::desire:
    case Script::status:
      break;
  }
}

void Node::on_time(TimeMs now) {
  if (finished_) return;
  check_time_outs(now);
  check_subscriber(now);
  if (!journals_.may_read) {
    connections_.heard_at = now;
    enforce_limit();
  }
  leave_if_idle(now);
  advance_leaving(now);
  if (!connections_.commands_up || finished_ || leaving_.stage == Leaving::Stage::departing) return;
  if (!connections_.subscriber_up) {
    if (!connections_.connecting && now >= connections_.connect_at) {
      connections_.connecting = true;
      connections_.connect_at = now;
      actions_.push_back(ConnectSubscriber{});
    }
  } else if (!membership_.joined && now >= membership_.join_at && !connections_.pending(Script::join)) {
    send_join(now);
  }
  const bool leaves_off =
      leaving_.stage == Leaving::Stage::asked_off;  // a beat would find it a member no more
  if (membership_.joined && !leaves_off && now >= beats_.at && !connections_.pending(Script::beat))
    send_beat(now, false);
  ask_for_turn(now);
}

// A server that is only slow or stopped keeps its connections: three leases, because a pause must expel
// nobody. After that a half-open connection is the likelier reason, and a new one the only way to find out.
void Node::check_time_outs(TimeMs now) {
  if (!connections_.commands_up || connections_.calls.empty()) return;
  if (now - connections_.calls.begin()->second.sent_at < 3 * settings_.lease_ms) return;
  report(Report::Level::warning, "not_connected"_event,
         "no answer from the server for " + std::to_string(3 * settings_.lease_ms) + " ms; connecting again");
  actions_.push_back(DropConnections{false, true});
  on_commands_lost(now);
}

// No wait for a peer is without a bound: not for a subscription to be confirmed either. The first is short
// enough for another before what this node holds is given up by the others, the next ones are longer: the
// way may be slow.
void Node::check_subscriber(TimeMs now) {
  if (!connections_.connecting) return;
  const auto shortest = 2 * settings_.lease_ms;
  const auto limit = std::max(shortest, connections_.patience_ms);
  if (now - connections_.connect_at < limit) return;
  report(
      Report::Level::warning, "subscription_unconfirmed"_event,
      "the server did not confirm the subscription for " + std::to_string(limit) + " ms; connecting again");
  connections_.patience_ms = std::max(shortest, std::min(2 * limit, kMostPatience_ms));
  actions_.push_back(DropConnections{true, false});
  on_subscriber_lost(now);
}

std::uint64_t Node::backlog() const {
  std::uint64_t waiting = 0;
  for (const auto& work : work_.lanes) {
    const auto* view = held(work.lane.view);
    const auto end = view ? view->journal.lane(work.lane.index).end() : 0;
    if (end > work.acknowledged) waiting += end - work.acknowledged;
  }
  return waiting;
}

std::uint64_t Node::uncommitted() const {
  std::uint64_t waiting = 0;
  for (const auto& view : journals_.views) {
    if (view.said && !view.open) continue;
    for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
      if (view.said && !view.lanes[lane].open) continue;
      const auto& log = view.journal.lane(lane);
      const auto done = std::max(done_of(view, lane), log.first());
      if (log.end() > done) waiting += log.end() - done;
    }
  }
  return waiting;
}

// Messages of a lane known to be done at the server.
std::uint64_t Node::done_of(const HeldView& view, std::uint32_t lane) const {
  const auto done = view.rank_at(lane, view.lanes[lane].position);
  const auto* work = work_.find({view.view.id, lane});
  return work ? std::max(done, work->acknowledged) : done;
}

}  // namespace tributary::group
