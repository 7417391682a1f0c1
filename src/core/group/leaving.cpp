#include <algorithm>

#include "core/group/node.hpp"

// Going, in good order or at once.
namespace tributary::group {
namespace {

constexpr TimeMs kHandOverAfterLeases = 4;

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
  report(Report::Level::info, "idle", "nothing was received for " + std::to_string(limit) + " ms; leaving");
  leaving_.stage = Stage::wanted;
}

void Node::send_leave(LeaveCall::Step step, TimeMs now) {
  LeaveCall leave{caller(), step, nonce(), list_life_ms(), 0};
  const auto* last = journals_.growing();
  if (step == LeaveCall::Step::drained && last && last->journal.slots().empty()) {
    leave.nobodys = last->journal.count();
  }
  call(std::move(leave), now);
}

void Node::advance_leaving(TimeMs now) {
  if (leaving_.stage == Stage::no || finished_) return;
  if (leaving_.stage == Stage::at_once) {  // its call was lost, or refused: no more than that was asked of it
    if (!connections_.pending(Script::leave)) finish(std::nullopt);
    return;
  }
  if (!membership_.joined) {
    // Not in the group: nothing to hand over, unless it holds what only it may have.
    const bool unknown = !membership_.former.empty() && connections_.commands_up;
    if (!connections_.pending(Script::join) && uncommitted() == 0 && !unknown) finish(std::nullopt);
    return;
  }
  if (!connections_.commands_up || connections_.pending(Script::leave)) return;
  if (leaving_.stage == Stage::wanted) {
    leaving_.stage = Stage::asked;
    send_leave(LeaveCall::Step::begin, now);
  } else if (leaving_.stage == Stage::standby && leaving_.drained) {
    leaving_.stage = Stage::drained;
    if (leaving_.handed_over > 0) {
      report(Report::Level::info, "handed-over",
             "leaving " + std::to_string(leaving_.handed_over) + " messages to members that hold them, too");
    }
    send_leave(LeaveCall::Step::drained, now);
  }
}

void Node::on_leave_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  const auto leave = read_leave_answer(answer);
  switch (leave.status) {
    case LeaveAnswer::Status::leaving:
      leaving_.view = leave.view;
      membership_.highest_seen = std::max(membership_.highest_seen, leave.view);
      leaving_.stage = Stage::standby;
      leaving_.standby_since = now;
      return;
    case LeaveAnswer::Status::left:
      return finish(std::nullopt);
    case LeaveAnswer::Status::lanes:
      leaving_.stage = Stage::standby;
      leaving_.drained = false;  // the next beat's answer says again
      return;
    case LeaveAnswer::Status::none:
      if (leaving_.stage == Stage::at_once) return finish(std::nullopt);
      leaving_.stage = Stage::wanted;
      return on_refusal(asked, answer, now);
  }
}

// A leaver may go when no open lane of an earlier view can use what it holds. That may take long, with slow
// messages; so after a while it leaves the rest to members that were listed with it in those views, and so
// hold the same messages.
void Node::look_if_drained(const BeatAnswer& beat, TimeMs now) {
  leaving_.drained = false;
  if (leaving_.stage != Stage::standby || beat.view.number < leaving_.view ||
      membership_.last_marker < leaving_.view || !declarations_.empty()) {
    return;
  }
  const bool hands_over = now - leaving_.standby_since >= kHandOverAfterLeases * settings_.lease_ms;
  const auto others_have_it = [&](const HeldView& view) {
    return std::any_of(beat.members.begin(), beat.members.end(), [&](const auto& member) {
      return member.id != membership_.id && member.present && !member.leaving && view.view.find(member.id);
    });
  };
  std::uint64_t handed_over = 0;
  for (const auto& lane : beat.lanes) {
    if (lane.id.view.number >= beat.view.number) continue;
    const auto* view = journals_.find(lane.id.view);
    const bool holds =
        view && lane.id.index < view->lanes.size() && view->holds_next(lane.id.index, lane.position);
    if (!holds && lane.owner != membership_.id) continue;
    if (!hands_over || !view || !others_have_it(*view)) return;
    handed_over += view->journal.lane(lane.id.index).end() - view->rank_at(lane.id.index, lane.position);
  }
  if (work_.in_flight > 0 && !hands_over) return;
  if (std::any_of(journals_.views.begin(), journals_.views.end(), [](const auto& v) { return !v.said; }))
    return;
  leaving_.handed_over = handed_over;
  leaving_.drained = true;
}

}  // namespace tributary::group
