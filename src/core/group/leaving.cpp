#include <algorithm>

#include "core/group/node.hpp"

// Going, in good order or at once.
namespace tributary::group {
namespace {

constexpr TimeMs kHandOverAfterLeases = 4;
constexpr std::uint64_t kSmallBacklog = 1000;  // is done at once, if nothing has to be waited for

}  // namespace

using Stage = Leaving::Stage;

void Node::leave(TimeMs now) {
  if (leaving_.stage == Stage::no) leaving_.stage = Stage::wanted;
  advance_leaving(now);
}

void Node::leave_now(TimeMs now) {
  if (finished_ || leaving_.stage == Stage::at_once) return;
  leaving_.stage = Stage::at_once;
  if (!membership_.joined || !connections_.commands_up) return finish(std::nullopt);
  send_leave(LeaveCall::Step::at_once, now);
}

void Node::leave_if_idle(TimeMs now) {
  const auto limit = wishes_.desired.idle_timeout_ms.value_or(settings_.idle_timeout_ms);
  // What is paused is not idle: it would process as it leaves.
  if (!membership_.joined || paused() || statistics_.received != idleness_.received || idleness_.since < 0) {
    idleness_ = {statistics_.received, now};
  }
  if (limit <= 0 || leaving_.stage != Stage::no || now - idleness_.since < limit) return;
  report(Report::Level::info, "idle"_event,
         "nothing was received for " + std::to_string(limit) + " ms; leaving");
  leaving_.stage = Stage::wanted;
}

void Node::send_leave(LeaveCall::Step step, TimeMs now) {
  const auto* reading = journals_.growing();
  call(LeaveCall{caller(), step, nonce(), list_life_ms(), settings_.lease_ms, floor(), lengths(), highest(),
                 reading ? std::optional(reading->view.id) : std::nullopt, membership_.identity},
       now);
}

void Node::advance_leaving(TimeMs now) {
  if (leaving_.stage == Stage::no || finished_) return;
  if (leaving_.stage == Stage::at_once) {  // its call was lost, or refused: no more than that was asked of it
    if (!connections_.pending(Script::leave)) finish(std::nullopt);
    return;
  }
  if (leaving_.stage == Stage::departing) return advance_departing(now);
  if (!membership_.joined) {
    // Not in the group: it joins once more if it holds what only it may have, or what a server that
    // is away may lose.
    const bool unknown = !membership_.former.empty() && connections_.commands_up;
    if (!connections_.pending(Script::join) && !holds_anything() && !unknown) finish(std::nullopt);
    return;
  }
  if (!connections_.commands_up || connections_.pending(Script::leave)) return;
  if (leaving_.stage == Stage::wanted) {
    leaving_.stage = Stage::asked;
    send_leave(LeaveCall::Step::begin, now);
  } else if (leaving_.stage == Stage::asked_off) {
    if (now - leaving_.called_at > settings_.lease_ms)
      drop_subscriber(now, "the view it left with did not arrive");
  } else if (leaving_.stage == Stage::standby && leaving_.drained && (!is_behind() || hands_over(now))) {
    leaving_.stage = Stage::asked_off;
    if (leaving_.handed_over > 0) {
      report(Report::Level::info, "handed_over"_event,
             "leaving " + std::to_string(leaving_.handed_over) + " messages to other members that hold them",
             {{"messages", leaving_.handed_over}});
    }
    send_leave(LeaveCall::Step::drained, now);
  }
}

// A marker that does not list this node ended what it received. It needs no subscription any more: who
// publishes now is told that one less receives it.
void Node::depart(TimeMs now) {
  leaving_.stage = Stage::departing;
  leaving_.called_at = now - settings_.beat_ms;
  actions_.push_back(DropConnections{true, false});
  connections_.subscriber_up = false;
  advance_departing(now);
}

// What is left are the last messages of its lanes. The call tells their ends, so that the lanes close; until
// then it renews the sign that somebody still holds these messages.
void Node::advance_departing(TimeMs now) {
  if (!connections_.commands_up || connections_.pending(Script::leave)) return;
  const bool done = backlog() == 0 && work_.in_flight == 0 && declarations_.empty();
  if (now - leaving_.called_at < (done ? settings_.beat_ms / 10 : settings_.beat_ms)) return;
  leaving_.called_at = now;
  send_declarations(now);
  send_leave(LeaveCall::Step::drained, now);
}

void Node::on_leave_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  const auto leave = read_leave_answer(answer);
  membership_.highest_seen = std::max(membership_.highest_seen, leave.view);
  switch (leave.status) {
    case LeaveAnswer::Status::leaving:
      leaving_.view = leave.view;
      leaving_.stage = Stage::standby;
      leaving_.standby_since = now;
      return;
    case LeaveAnswer::Status::left:
      leaving_.left = true;
      return finish(std::nullopt);
    case LeaveAnswer::Status::cut:
      leaving_.called_at = now;
      return;  // its marker comes
    case LeaveAnswer::Status::lanes:
      if (leaving_.stage == Stage::departing) return;
      leaving_.stage = Stage::standby;
      leaving_.drained = false;  // the next beat's answer says again
      return;
    case LeaveAnswer::Status::none:
      if (leaving_.stage == Stage::at_once) return finish(std::nullopt);
      if (leaving_.stage == Stage::departing) return on_departing_refused(asked, answer, now);
      leaving_.stage = Stage::wanted;
      return on_refusal(asked, answer, now);
  }
}

// The server's data went back, or was deleted: what it had finished may have to be done again, as a member.
void Node::on_departing_refused(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != membership_.id || read_refusal(answer).why == Refusal::Why::none) return;
  leaving_.stage = Stage::wanted;
  connections_.connect_at = now;
  rejoin(0, now);
}

bool Node::holds_anything() const {
  return std::any_of(journals_.views.begin(), journals_.views.end(), [](const auto& view) {
    for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
      if (view.journal.lane(lane).end() > view.journal.lane(lane).first()) return true;
    }
    return false;
  });
}

bool Node::hands_over(TimeMs now) const {
  return now - leaving_.standby_since >= kHandOverAfterLeases * settings_.lease_ms;
}

// Whether much waits in its own lane: then it still receives, rather than let nobody receive.
bool Node::is_behind() const { return backlog() > (settings_.inline_processing ? kSmallBacklog : 0); }

// A leaver may go when no open lane of an earlier view can use what it holds, and nothing waits in its
// own. That may take long, with slow messages; so after a while it leaves the rest to members that
// report to hold it.
void Node::look_if_drained(const BeatAnswer& beat, TimeMs now) {
  leaving_.drained = false;
  if (leaving_.stage != Stage::standby || beat.view.number < leaving_.view ||
      membership_.last_marker < leaving_.view || !declarations_.empty()) {
    return;
  }
  const auto another_holds = [&](const LaneId& lane) {
    for (std::size_t i = 0; i < beat.members.size(); ++i) {
      const auto& member = beat.members[i];
      const auto& holds = beat.figures[i].holds;
      const bool stays = member.id != membership_.id && member.present && !member.leaving;
      if (stays && std::find(holds.begin(), holds.end(), lane) != holds.end()) return true;
    }
    return false;
  };
  std::uint64_t handed_over = 0;
  for (const auto& lane : beat.lanes) {
    const auto* view = journals_.find(lane.id.view);
    const bool holds =
        view && lane.id.index < view->lanes.size() && view->holds_next(lane.id.index, lane.position);
    if (lane.id.view.number >= beat.view.number) continue;  // its own goes on receiving, and ends with a cut
    if (!holds && lane.owner != membership_.id) continue;
    if (!hands_over(now) || !view || !another_holds(lane.id)) return;
    handed_over += view->journal.lane(lane.id.index).end() - view->rank_at(lane.id.index, lane.position);
  }
  if (work_.in_flight > 0 && !hands_over(now)) return;
  // Its own of this view go on until the cut, and who is gone learns no more that the turn of what waits has come.
  if (std::any_of(work_.lanes.begin(), work_.lanes.end(),
                  [&](const auto& work) { return work.waits && held(work.lane.view)->growing; })) {
    return;
  }
  if (std::any_of(journals_.views.begin(), journals_.views.end(), [](const auto& v) { return !v.said; }))
    return;
  leaving_.handed_over = handed_over;
  leaving_.drained = true;
}

}  // namespace tributary::group
