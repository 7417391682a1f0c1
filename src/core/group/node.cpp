#include "core/group/node.hpp"

#include <algorithm>

#include "core/base/check.hpp"

// Events, calls and their answers. The rest of the node stands beside this file, one concern each:
// membership, beat, lanes, retention, leading.
namespace tributary::group {

Node::Node(NodeSettings settings, std::uint64_t seed)
    : settings_(std::move(settings)), random_(seed), clock_(2 * settings_.beat_ms) {
  new_member_id();
}

void Node::new_member_id() { member_ = MemberId(settings_.name + "-" + random_.hex(8)); }

void Node::finish(std::optional<Error> error) {
  if (finished_) return;
  finished_ = true;
  actions_.push_back(Finish{std::move(error)});
}

CallId Node::call(Script script, std::vector<std::string> arguments, TimeMs now, PendingCall details) {
  details.script = script;
  details.sent_at = now;
  details.member = member_;
  const CallId id = ++last_call_;
  calls_.emplace(id, std::move(details));
  if (script != Script::commit || !arguments.empty()) {
    actions_.push_back(Call{id, script, std::move(arguments)});
  }
  return id;
}

bool Node::pending(Script script) const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [&](const auto& c) { return c.second.script == script && !c.second.over; });
}

void Node::on_commands_connected(TimeMs now) {
  commands_up_ = true;
  beat_at_ = now;
  commit_at_ = now;
  on_time(now);
}

void Node::on_commands_lost(TimeMs now) {
  commands_up_ = false;
  beat_again_ = false;
  // Whether these were done nobody knows; every script may be called again.
  for (auto& [id, lost] : std::exchange(calls_, {})) {
    if (!lost.over) answer_lost(lost, now);
  }
}

void Node::on_message(std::string_view payload) {
  ++statistics_.received;
  if (!held_.empty() && held_.back().growing) [[likely]] {
    held_.back().journal.append(payload);
  } else {
    ++unplaced_;
    ++statistics_.unplaced;
  }
}

void Node::set_consumers(std::vector<std::uint32_t> active, double busy) {
  active_ = std::move(active);
  busy_ = busy;
}

void Node::on_batch_end(TimeMs) { enforce_limit(); }

void Node::on_control(std::string_view text, TimeMs now) {
  if (!subscriber_up_) return;  // what is left of a connection that was given up a moment ago
  const auto message = parse_control_message(text);
  if (!message) {
    ++statistics_.foreign_control;
  } else if (const auto* marker = std::get_if<Marker>(&*message)) {
    on_marker(*marker, now);
  } else {
    on_tick(std::get<Tick>(*message), now);
  }
}

void Node::on_answer(CallId id, const Answer& answer, TimeMs now) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;  // given up on: its connection is gone
  const PendingCall asked = std::move(found->second);
  calls_.erase(found);
  if (asked.over) return;
  if (answer.kind != Answer::Kind::values) {
    if (answer.kind == Answer::Kind::refused && answer.error.starts_with("READONLY")) {
      report(Report::Level::warning, "the server has become a replica; connecting anew");
      actions_.push_back(DropConnections{false, true});
      on_commands_lost(now);
      drop_subscriber(now, "its server is a replica now");
    }
    return answer_lost(asked, now);
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
      if (const auto view = answer.values.size() > 1 ? ViewId::parse(answer.values[1]) : std::nullopt) {
        highest_seen_ = std::max(highest_seen_, view->number);
      }
      return on_refusal(asked, answer, now);
    case Script::sweep:
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
      join_backoff_ms_ = std::min<TimeMs>(std::max<TimeMs>(join_backoff_ms_ * 2, 50), settings_.lease_ms);
      join_at_ = now + join_backoff_ms_ / 2 + jitter(join_backoff_ms_);
      break;
    case Script::beat:
      beat_at_ = std::min(beat_at_, now + settings_.beat_ms / 2);
      break;
    case Script::commit:
      on_commit_answer(asked, Answer{}, now);
      break;
    case Script::claim:
      if (auto* work = find_work(asked.lane)) work->claiming = false;
      break;
    case Script::revive:
      if (auto* view = find_held(asked.view); view && view->revival == HeldView::Revival::asked) {
        view->revival = HeldView::Revival::needed;
      }
      break;
    case Script::leave:
      if (leaving_ == Leaving::asked) leaving_ = Leaving::wanted;
      if (leaving_ == Leaving::drained) leaving_ = Leaving::standby;
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
  if (!may_read_) enforce_limit();
  leave_if_idle(now);
  advance_leaving(now);
  if (!commands_up_ || finished_) return;
  if (!subscriber_up_) {
    if (!connecting_ && now >= connect_at_) {
      connecting_ = true;
      actions_.push_back(ConnectSubscriber{});
    }
  } else if (!joined_ && now >= join_at_ && !pending(Script::join)) {
    send_join(now);
  }
  if (joined_ && now >= beat_at_ && !pending(Script::beat)) send_beat(now, false);
}

// A server that is only slow or stopped keeps its connections: three leases, because a pause must expel
// nobody. After that a half-open connection is the likelier reason, and a new one the only way to find out.
void Node::check_time_outs(TimeMs now) {
  if (!commands_up_ || calls_.empty()) return;
  if (now - calls_.begin()->second.sent_at < 3 * settings_.lease_ms) return;
  report(Report::Level::warning,
         "no answer from the server for " + std::to_string(3 * settings_.lease_ms) + " ms; connecting anew");
  actions_.push_back(DropConnections{false, true});
  on_commands_lost(now);
}

HeldView* Node::find_held(const ViewId& view) {
  const auto found =
      std::find_if(held_.begin(), held_.end(), [&](const auto& h) { return h.view.id == view; });
  return found == held_.end() ? nullptr : &*found;
}

const HeldView* Node::held(const ViewId& view) const { return const_cast<Node*>(this)->find_held(view); }

const HeldView* Node::growing() const {
  return !held_.empty() && held_.back().growing ? &held_.back() : nullptr;
}

std::uint64_t Node::backlog() const {
  std::uint64_t waiting = 0;
  for (const auto& work : works_) {
    const auto* view = held(work.lane.view);
    const auto end = view ? view->journal.lane(work.lane.index).end() : 0;
    if (end > work.acknowledged) waiting += end - work.acknowledged;
  }
  return waiting;
}

std::uint64_t Node::journal_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& view : held_) bytes += view.journal.bytes();
  return bytes;
}

std::uint64_t Node::uncommitted() const {
  std::uint64_t waiting = 0;
  for (const auto& view : held_) {
    if (view.said && !view.open) continue;
    for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
      if (view.said && !view.lanes[lane].open) continue;
      const auto& log = view.journal.lane(lane);
      auto done = view.rank_at(lane, view.lanes[lane].position);
      for (const auto& work : works_) {
        if (work.lane == LaneId{view.view.id, lane}) done = std::max(done, work.acknowledged);
      }
      done = std::max(done, log.first());
      if (log.end() > done) waiting += log.end() - done;
    }
  }
  return waiting;
}

}  // namespace tributary::group
