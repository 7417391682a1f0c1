#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/group/node.hpp"

// Who works on what. There is no hand-over protocol, no list of who holds what, no choice of an heir: who
// holds a message that is not committed sees it in the beat's answer and claims the lane.
namespace tributary::group {
namespace {

constexpr std::uint32_t kMostCommitsInFlight = 2;  // one starves the server, more than two gain nothing
constexpr TimeMs kLongestCommitBackoff_ms = 1000;

}  // namespace

LaneWork* Node::find_work(const LaneId& lane) {
  const auto found =
      std::find_if(works_.begin(), works_.end(), [&](const auto& work) { return work.lane == lane; });
  return found == works_.end() ? nullptr : &*found;
}

void Node::take_up(const LaneId& lane, const MemberId& owner, std::uint64_t position) {
  HeldView* view = find_held(lane.view);
  TRIBUTARY_CHECK(view != nullptr);
  drop_work(lane);
  LaneWork work;
  work.serial = ++last_serial_;
  work.lane = lane;
  work.owner = owner;
  work.acknowledged = work.sent = work.ready = view->rank_at(lane.index, position);
  const auto before = [](const LaneWork& a, const LaneWork& b) { return a.lane < b.lane; };
  works_.insert(std::upper_bound(works_.begin(), works_.end(), work, before), std::move(work));
}

void Node::drop_work(const LaneId& lane) {
  std::erase_if(works_, [&](const auto& work) { return work.lane == lane; });
}

// One open lane of a beat's answer, of a view this node holds.
void Node::tend_lane(HeldView& view, std::uint32_t index, const Beat& beat, TimeMs now) {
  const LaneId lane{view.view.id, index};
  const HeldLane& known = view.lanes[index];
  LaneWork* work = find_work(lane);
  if (known.owner == member_) {
    const bool astray = work && work->in_flight == 0 && !work->claiming && !work->releasing &&
                        work->acknowledged != view.rank_at(index, known.position);
    if (!work || work->owner != member_ || astray) {  // the answer that gave it to us was lost
      take_up(lane, member_, known.position);
      work = find_work(lane);
    }
    const bool can_go_on =
        view.growing || view.holds_next(index, known.position) || view.ends_at(index, known.position);
    if (!can_go_on && work->in_flight == 0 && !work->releasing) release(*work, now);
  } else if (beat.gone(known.owner)) {
    const bool claiming = std::any_of(calls_.begin(), calls_.end(), [&](const auto& c) {
      return c.second.script == Script::claim && c.second.lane == lane && !c.second.over;
    });
    if (!claiming && view.holds_next(index, known.position)) claim(lane, known.owner, now);
  } else if (work) {
    drop_work(lane);
  }
}

void Node::claim(const LaneId& lane, const MemberId& owner_seen, TimeMs now) {
  if (auto* work = find_work(lane)) work->claiming = true;
  PendingCall details{};
  details.lane = lane;
  call(Script::claim,
       {settings_.group, member_.text, nonce_.text, lane.text(), owner_seen.empty() ? "-" : owner_seen.text},
       now, std::move(details));
}

void Node::on_claim_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != member_) return;
  if (auto* work = find_work(asked.lane)) work->claiming = false;
  if (answer.status() == "ok" && answer.values.size() == 3) {
    const auto position = to_number(answer.values[1]);
    HeldView* view = find_held(asked.lane.view);
    if (!position || !view) return;
    ++statistics_.claims;
    view->lanes[asked.lane.index].owner = member_;
    take_up(asked.lane, member_, *position);
  } else if (answer.status() == "owned" || answer.status() == "gone") {
    drop_work(asked.lane);
  } else {
    on_refusal(asked, answer, now);
  }
}

void Node::release(LaneWork& work, TimeMs now) {
  work.releasing = true;
  PendingCall details{};
  details.lane = work.lane;
  details.serial = work.serial;
  call(Script::commit, {member_.text, work.lane.text(), "0", "1", "0"}, now, std::move(details));
  ++work.in_flight;
  ++commits_in_flight_;
}

std::optional<CommitPlan> Node::next_commit(std::uint64_t most_entries, TimeMs now) const {
  if (!commands_up_ || paused() || commits_in_flight_ >= kMostCommitsInFlight || now < commit_at_) {
    return std::nullopt;
  }
  for (const auto& work : works_) {
    if (work.claiming || work.releasing) continue;
    if (work.rewinding) return std::nullopt;
    const HeldView* view = held(work.lane.view);
    if (!view) continue;
    const auto& log = view->journal.lane(work.lane.index);
    const auto ready = settings_.inline_processing ? log.end() : std::min(work.ready, log.end());
    if (work.sent < log.first()) continue;  // a hole: the next beat's answer releases the lane
    if (work.sent < ready) {
      const auto& slots = view->journal.slots();
      const auto after = work.sent == 0 ? 0 : slots.position_of(work.lane.index, work.sent - 1);
      return CommitPlan{work.serial, work.lane, work.owner,
                        after,       work.sent, std::min(ready, work.sent + most_entries)};
    }
    if (work.sent < log.end())
      return std::nullopt;  // older messages are being processed; newer ones wait for them
  }
  return std::nullopt;
}

CallId Node::commit_sent(const CommitPlan& plan, std::uint64_t end, TimeMs now) {
  LaneWork* work = find_work(plan.lane);
  TRIBUTARY_CHECK(work && work->serial == plan.serial && work->sent == plan.first && end > plan.first);
  work->sent = end;
  ++work->in_flight;
  ++commits_in_flight_;
  PendingCall details{};
  details.lane = plan.lane;
  details.serial = plan.serial;
  details.end = end;
  return call(Script::commit, {}, now, std::move(details));
}

void Node::on_commit_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  TRIBUTARY_CHECK(commits_in_flight_ > 0);
  --commits_in_flight_;
  const auto& status = answer.status();
  const bool trouble = answer.kind != Answer::Kind::values || status == "failed";
  if (trouble) {
    commit_backoff_ms_ = std::min(std::max<TimeMs>(commit_backoff_ms_ * 2, 20), kLongestCommitBackoff_ms);
    commit_at_ = now + commit_backoff_ms_;
    if (status == "failed" && answer.values.size() > 2 && commit_trouble_ != answer.values[2]) {
      commit_trouble_ = answer.values[2];
      report(Report::Level::error, "cannot append to the stream: " + commit_trouble_);
    }
  } else {
    commit_backoff_ms_ = 0;
    commit_trouble_.clear();
  }

  LaneWork* work = find_work(asked.lane);
  if (!work || work->serial != asked.serial) return;
  --work->in_flight;
  const bool released = asked.end == 0;
  if (released) work->releasing = false;
  if (status == "fenced" || status == "gone" || (released && status == "ok")) return drop_work(asked.lane);

  const HeldView* view = held(asked.lane.view);
  TRIBUTARY_CHECK(view != nullptr);
  if (const auto position = answer.values.size() > 1 ? to_number(answer.values[1]) : std::nullopt) {
    const auto rank = view->rank_at(asked.lane.index, *position);
    if (rank > work->acknowledged) {
      statistics_.committed += rank - work->acknowledged;
      work->acknowledged = rank;
    } else if (status == "gap") {
      work->acknowledged = rank;  // Redis went back in time: again from there
    }
    work->sent = std::max(work->sent, work->acknowledged);
  }
  // After anything but success the rest answers "gap"; once all have answered it is sent again from the
  // position told.
  if (status != "ok") work->rewinding = true;
  if (work->rewinding && work->in_flight == 0) {
    work->rewinding = false;
    work->sent = work->acknowledged;
  }
}

void Node::on_revive_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  HeldView* view = find_held(asked.view);
  if (asked.member != member_ || !view) return;
  const auto& status = answer.status();
  if (status == "revived" || status == "survived") {
    view->revival = HeldView::Revival::settled;
    view->nonce = nonce_;
    if (status == "revived") {
      report(Report::Level::warning,
             "Redis went back in time; view " + asked.view.text() + " is delivered again");
    }
    beat_at_ = std::min(beat_at_, now);
  } else if (status == "refused") {
    declare(*view, "Redis went back in time and the view cannot be revived: " +
                       (answer.values.size() > 1 ? answer.values[1] : std::string("no reason given")));
    std::erase_if(works_, [&](const auto& work) { return work.lane.view == asked.view; });
    std::erase_if(held_, [&](const auto& held_view) { return held_view.view.id == asked.view; });
  } else {
    view->revival = HeldView::Revival::needed;
    on_refusal(asked, answer, now);
  }
}

}  // namespace tributary::group
