#include <algorithm>

#include "core/base/check.hpp"
#include "core/group/node.hpp"
#include "core/group/transaction.hpp"

// Who works on what. There is no hand-over protocol, no list of who holds what, no choice of an heir: who
// holds a message that is not committed sees it in the beat's answer and claims the lane.
namespace tributary::group {
namespace {

constexpr std::uint32_t kMostCommitsInFlight = 2;  // one starves the server, more than two gain nothing
constexpr TimeMs kLongestCommitBackoff_ms = 1000;
// Beyond what the dead may have been at: a commit or two, or what their consumers had in hand.
constexpr std::uint64_t kCarefulMessages = 4096;

// How far the lane is by an answer, if it tells. The short form's "ok" means all that was sent.
std::optional<std::uint64_t> rank_told(const PendingCall& asked, const CommitAnswer& commit,
                                       const HeldView& view) {
  if (commit.position) return view.rank_at(asked.lane.index, *commit.position);
  if (commit.status == CommitAnswer::Status::ok) return asked.end;
  return std::nullopt;
}

}  // namespace

void Node::take_up(const LaneId& lane, const MemberId& owner, std::uint64_t position, std::uint32_t deaths) {
  HeldView* view = journals_.find(lane.view);
  TRIBUTARY_CHECK(view != nullptr);
  drop_work(lane);
  LaneWork work;
  work.serial = ++work_.last_serial;
  work.lane = lane;
  work.owner = owner;
  work.acknowledged = work.sent = work.ready = view->rank_at(lane.index, position);
  work.deaths = deaths;
  if (deaths >= kCarefulDeaths) work.careful_below = work.acknowledged + kCarefulMessages;
  work.waits = view->journal.keys().has_value();
  report(Report::Level::debug, "lane_taken_up"_event,
         "takes up lane " + lane.text() + " behind position " + std::to_string(position),
         {{"lane", lane.text()}, {"position", position}});
  const auto before = [](const LaneWork& a, const LaneWork& b) { return a.lane < b.lane; };
  work_.lanes.insert(std::upper_bound(work_.lanes.begin(), work_.lanes.end(), work, before), std::move(work));
}

// What this node owned under a former id it owns under the present one: the join handed it over.
void Node::adopt(const MemberId& owner) {
  for (auto& work : work_.lanes) {
    if (work.owner == owner) work.owner = membership_.id;
  }
  for (auto& view : journals_.views) {
    for (auto& lane : view.lanes) {
      if (lane.owner == owner) lane.owner = membership_.id;
    }
  }
}

bool Node::is_mine(const MemberId& owner) const {
  const auto& former = membership_.former;
  return owner == membership_.id || std::find(former.begin(), former.end(), owner) != former.end();
}

void Node::drop_work(const LaneId& lane) {
  std::erase_if(work_.lanes, [&](const auto& work) { return work.lane == lane; });
}

// One open lane of a beat's answer, of a view this node holds.
void Node::tend_lane(HeldView& view, std::uint32_t index, const BeatAnswer& beat, TimeMs now) {
  const LaneId lane{view.view.id, index};
  const HeldLane& known = view.lanes[index];
  LaneWork* work = work_.find(lane);
  if (known.owner == membership_.id) {
    const bool astray = work && work->in_flight == 0 && !work->claiming && !work->releasing &&
                        work->acknowledged != view.rank_at(index, known.position);
    if (!work || work->owner != membership_.id || astray) {  // the answer that gave it to us was lost
      take_up(lane, membership_.id, known.position);
      work = work_.find(lane);
    }
    const bool can_go_on =
        view.growing || view.holds_next(index, known.position) || view.ends_at(index, known.position);
    if ((!can_go_on || hands_over_hanging(beat)) && work->in_flight == 0 && !work->releasing)
      release(*work, now);
  } else if (beat.gone(known.owner)) {
    if (consumers_.hanging) return;  // others may
    const bool claiming =
        std::any_of(connections_.calls.begin(), connections_.calls.end(), [&](const auto& c) {
          return c.second.script == Script::claim && c.second.lane == lane && !c.second.over;
        });
    if (!claiming && view.holds_next(index, known.position)) claim(lane, known.owner, now);
  } else if (work) {
    drop_work(lane);
  }
}

// All its consumers hang, but somebody else's do not: whoever holds the messages, too, goes on with them.
bool Node::hands_over_hanging(const BeatAnswer& beat) const {
  if (!consumers_.hanging) return false;
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& member = beat.members[i];
    if (member.id != membership_.id && member.present && !beat.figures[i].hanging) return true;
  }
  return false;
}

void Node::claim(const LaneId& lane, const MemberId& owner_seen, TimeMs now) {
  if (auto* work = work_.find(lane)) work->claiming = true;
  PendingCall details{};
  details.lane = lane;
  call(ClaimCall{caller(), lane, owner_seen}, now, std::move(details));
}

void Node::on_claim_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  if (asked.member != membership_.id) return;
  if (auto* work = work_.find(asked.lane)) work->claiming = false;
  const auto claim = read_claim_answer(answer);
  if (claim.status == ClaimAnswer::Status::none) return on_refusal(asked, answer, now);
  if (claim.status != ClaimAnswer::Status::ok) {
    report(Report::Level::debug, "claim_refused"_event,
           "the claim of lane " + asked.lane.text() + " was refused: " + answer.status(),
           {{"lane", asked.lane.text()}, {"reason", answer.status()}});
    return drop_work(asked.lane);
  }
  HeldView* view = journals_.find(asked.lane.view);
  if (!view) return;
  ++statistics_.claims;
  auto& owner = view->lanes[asked.lane.index].owner;
  report(Report::Level::debug, "lane_claimed"_event,
         "claimed lane " + asked.lane.text() + (owner.empty() ? "" : " of " + owner.text),
         {{"lane", asked.lane.text()}, {"owner", owner.text}, {"deaths", claim.deaths}});
  owner = membership_.id;
  take_up(asked.lane, membership_.id, claim.position, claim.deaths);
  let_go();
  // What still waits nobody worked on, so nobody died of it: given back, its record has no deaths any more.
  if (auto* work = work_.find(asked.lane); claim.deaths > 0 && work && work->waits)
    return release(*work, now);
  if (claim.deaths >= kCarefulDeaths) {
    const auto rank = view->rank_at(asked.lane.index, claim.position);
    const bool held = view->journal.lane(asked.lane.index).holds(rank);
    const auto at = held ? view->journal.position_of(asked.lane.index, rank) : claim.position + 1;
    const auto position = asked.lane.view.text() + ":" + std::to_string(at);
    report(Report::Level::warning, "poison_suspected"_event,
           std::to_string(claim.deaths) + " nodes died, one after the other, with lane " + asked.lane.text() +
               " at the same message (position " + position + "); " +
               (claim.deaths >= kMostDeaths ? "it becomes a dead letter unprocessed"
                                            : "going on one message at a time"),
           {{"deaths", claim.deaths}, {"lane", asked.lane.text()}, {"position", position}});
  }
}

void Node::release(LaneWork& work, TimeMs now) {
  report(Report::Level::debug, "lane_released"_event, "gives lane " + work.lane.text() + " back",
         {{"lane", work.lane.text()}});
  work.releasing = true;
  PendingCall details{};
  details.lane = work.lane;
  details.serial = work.serial;
  CommitCall commit;
  commit.member = membership_.id;
  commit.lane = work.lane;
  commit.release = true;
  call(std::move(commit), now, std::move(details));
  ++work.in_flight;
  ++work_.in_flight;
}

std::optional<CommitPlan> Node::next_commit(std::uint64_t most_entries, TimeMs now) const {
  if (!connections_.commands_up || work_.in_flight >= kMostCommitsInFlight || now < work_.commit_at) {
    return std::nullopt;
  }
  // A join hands lanes from the former member to the present one: until it is answered, nobody knows
  // whose they are.
  if (!membership_.joined && connections_.pending(Script::join)) return std::nullopt;
  std::optional<CommitPlan> plan;
  for (const auto& work : work_.lanes) {
    if (plan_commit(work, most_entries, plan) == Turn::ends) break;
  }
  return plan;
}

// What may be sent of one lane, and whether those behind it have to wait. Lanes of one view that has keys go on side by side:
// first whose next message is the older one.
Node::Turn Node::plan_commit(const LaneWork& work, std::uint64_t most_entries,
                             std::optional<CommitPlan>& best) const {
  const HeldView* view = held(work.lane.view);
  if (work.claiming || work.releasing || !view || work.waits) return Turn::goes_on;
  const bool side_by_side = view->journal.keys().has_value();
  const auto stop = side_by_side ? Turn::goes_on : Turn::ends;
  if (work.rewinding) return stop;
  const auto& log = view->journal.lane(work.lane.index);
  const bool careful = work.sent < work.careful_below;
  if (careful && side_by_side &&
      (work.sent < log.end() || work.in_flight > 0)) {  // nothing else is at work meanwhile
    if (best && best->lane.view != work.lane.view) return Turn::ends;
    best.reset();
    if (work_.in_flight > 0) return Turn::ends;
  }
  if (careful && work.in_flight > 0) return Turn::ends;
  if (work.sent < log.first()) return Turn::goes_on;  // a hole: the next beat's answer releases the lane
  const auto after = work.sent == 0 ? 0 : view->journal.position_of(work.lane.index, work.sent - 1);
  if (best && (best->lane.view != work.lane.view || best->after <= after)) return Turn::goes_on;
  CommitPlan plan;
  plan.serial = work.serial;
  plan.lane = work.lane;
  plan.owner = work.owner;
  plan.after = after;
  plan.first = work.sent;
  const auto* in = work_.unsettled_from(work.lane, work.sent);
  if (in && in->first <= work.sent) {
    plan.end = in->end;
    plan.only_move_at = in->at;
    best = std::move(plan);
    return stop;
  }
  if (paused() || work_.ending) return Turn::goes_on;
  const auto ready = settings_.inline_processing ? log.end() : std::min(work.ready, log.end());
  const bool too_few = work_.in_flight > 0 && ready - work.sent < settings_.second_commit_from;
  // Older messages are being processed, or are on their way: newer ones wait for them.
  if (work.sent >= ready) return work.sent < log.end() ? stop : Turn::goes_on;
  if (too_few || (work.untried && work.in_flight > 0)) return stop;
  plan.end = std::min({ready, work.sent + (careful ? 1 : most_entries), in ? in->first : ready});
  plan.poisoned = work.deaths >= kMostDeaths;
  plan.may_be_transaction = work_.transactions && work_.steady && !work.untried;
  plan.may_be_plain =
      work_.steady && !work.untried && view->growing && work.deaths == 0 && !view->lanes[work.lane.index].end;
  if (work.untried) plan.only_under = membership_.identity;
  best = std::move(plan);
  return careful ? Turn::ends : stop;
}

CallId Node::commit_sent(const CommitPlan& plan, std::uint64_t end, CommitWay way, TimeMs now) {
  LaneWork* work = work_.find(plan.lane);
  TRIBUTARY_CHECK(work && work->serial == plan.serial && work->sent == plan.first && end > plan.first);
  TRIBUTARY_CHECK(way != CommitWay::transaction || plan.may_be_transaction);
  TRIBUTARY_CHECK(way != CommitWay::plain || plan.may_be_plain);
  work->sent = end;
  ++work->in_flight;
  ++work_.in_flight;
  PendingCall details{};
  details.lane = plan.lane;
  details.serial = plan.serial;
  details.first = plan.first;
  details.end = end;
  return expect(Script::commit, now, std::move(details));
}

// What the answer says of entries that are in the stream while the position did not move.
void Node::note_unsettled(const PendingCall& asked, const Answer& answer) {
  const auto commit = read_commit_answer(answer);
  using Status = CommitAnswer::Status;
  auto& unsettled = work_.unsettled;
  work_.steady = commit.status == Status::ok;
  if (answer.kind == Answer::Kind::in_part) return finish(DoneInPart{answer.error});
  if (answer.kind == Answer::Kind::unsettled) {
    unsettled.push_back({asked.lane, asked.first, asked.end, connections_.identity});
    if (lacks_right(answer.error)) work_.ending = LostRight{answer.error};
    return report(Report::Level::warning, "commit_unsettled"_event,
                  "entries are in the stream, but the lane's position did not move: it will be moved as soon "
                  "as the server lets it: " +
                      answer.error,
                  {{"lane", asked.lane.text()}});
  }
  const HeldView* view = held(asked.lane.view);
  if (unsettled.empty() || !view) return;
  const auto rank = rank_told(asked, commit, *view).value_or(0);
  std::erase_if(unsettled, [&](const Unsettled& range) {
    if (range.lane != asked.lane) return false;
    if (commit.status == Status::other_identity) return asked.first >= range.first && asked.first < range.end;
    // A gap before it only means that what was sent in front of it is not in. That the server went back, its identity says.
    return commit.status == Status::gone || (commit.status == Status::ok && range.end <= rank);
  });
}

// Whoever is to end because of a right that is gone first moves the positions of what is in. If that cannot
// be done either, it ends as well.
void Node::end_if_settled() {
  if (!work_.ending || work_.in_flight > 0) return;
  const bool may_be_told = work_.backoff_ms == 0 &&
                           std::any_of(work_.unsettled.begin(), work_.unsettled.end(),
                                       [&](const auto& range) { return work_.find(range.lane) != nullptr; });
  if (!may_be_told) finish(work_.ending);
}

void Node::report_refused(const PendingCall& asked, const Answer& answer) {
  const auto& why = answer.status().empty() ? answer.error : answer.status();
  const auto reason = why.empty() ? std::string("no answer") : why;
  report(Report::Level::debug, "commit_refused"_event,
         "a commit to lane " + asked.lane.text() + " was not done: " + reason,
         {{"lane", asked.lane.text()}, {"reason", reason}});
}

void Node::on_commit_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  TRIBUTARY_CHECK(work_.in_flight > 0);
  --work_.in_flight;
  const auto commit = read_commit_answer(answer);
  if (commit.status != CommitAnswer::Status::ok) report_refused(asked, answer);
  note_trouble(commit, now);
  note_unsettled(asked, answer);
  if (answer.kind == Answer::Kind::unsettled) work_.backoff_ms = 0;
  LaneWork* work = work_.find(asked.lane);
  if (work && work->serial == asked.serial) advance(*work, asked, commit);
  if (commit.status == CommitAnswer::Status::other_identity) {
    order_.answered_view = 0;  // nothing goes before the next answer
    beats_.at = std::min(beats_.at, now);
  }
  let_go();
  end_if_settled();
}

// What an answer to a commit says of the lane that it was for.
void Node::advance(LaneWork& work, const PendingCall& asked, const CommitAnswer& commit) {
  using Status = CommitAnswer::Status;
  --work.in_flight;
  const bool released = asked.end == 0;
  if (released) work.releasing = false;
  const bool fenced = commit.status == Status::fenced && !is_mine(commit.owner);
  if (fenced || commit.status == Status::gone || (released && commit.status == Status::ok)) {
    return drop_work(asked.lane);
  }
  if (commit.status == Status::fenced) work.owner = commit.owner;  // the answer to the join was lost

  HeldView* view = journals_.find(asked.lane.view);
  TRIBUTARY_CHECK(view != nullptr);
  if (const auto rank = rank_told(asked, commit, *view)) {
    if (*rank > work.acknowledged) {
      auto& counted = view->counted[asked.lane.index];
      const auto again = std::min(*rank, counted) - std::min(work.acknowledged, counted);
      counted = std::max(counted, *rank);
      statistics_.committed_again += again;
      statistics_.committed += *rank - work.acknowledged - again;
      work.acknowledged = *rank;
      work.deaths = 0;
    } else if (commit.status == Status::gap) {
      work.acknowledged = *rank;  // Redis went back in time: again from there
    }
    work.sent = std::max(work.sent, work.acknowledged);
  }
  // After anything but success the rest answers "gap"; once all have answered it is sent again from the
  // position told.
  if (commit.status != Status::ok) work.rewinding = true;
  // By keys it may be that Redis went back in time, and what it once waited for is open again.
  if (commit.status == Status::ok && !released) work.untried = false;
  if (view->journal.keys() && commit.status != Status::ok && commit.status != Status::none) work.waits = true;
  if (work.rewinding && work.in_flight == 0) {
    work.rewinding = false;
    work.sent = work.acknowledged;
  }
}

void Node::note_trouble(const CommitAnswer& commit, TimeMs now) {
  using Status = CommitAnswer::Status;
  if (commit.status != Status::none && commit.status != Status::failed) {
    work_.backoff_ms = 0;
    if (commit.error != work_.trouble && !commit.error.empty()) {
      report(Report::Level::warning, "trim_failed"_event, "cannot trim the stream: " + commit.error);
    }
    work_.trouble = commit.error;
    return;
  }
  work_.backoff_ms = std::clamp<TimeMs>(work_.backoff_ms * 2, 20, kLongestCommitBackoff_ms);
  work_.commit_at = now + work_.backoff_ms;
  if (commit.error.empty() || commit.error == work_.trouble) return;
  work_.trouble = commit.error;
  report(Report::Level::error, "commands_refused"_event, "cannot append to the stream: " + work_.trouble);
}

void Node::on_revive_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  HeldView* view = journals_.find(asked.view);
  if (asked.member != membership_.id || !view) return;
  const auto revive = read_revive_answer(answer);
  switch (revive.status) {
    case ReviveAnswer::Status::none:
      view->revival = HeldView::Revival::needed;
      return on_refusal(asked, answer, now);
    case ReviveAnswer::Status::revived:
      report(Report::Level::warning, "view_revived"_event,
             "Redis went back in time; view " + asked.view.text() + " is delivered again",
             {{"view", asked.view.text()}});
      [[fallthrough]];
    case ReviveAnswer::Status::survived:
      view->revival = HeldView::Revival::settled;
      view->nonce = membership_.nonce;
      beats_.at = std::min(beats_.at, now);
      return;
    case ReviveAnswer::Status::refused:
      declare(*view, LossLine::Kind::lost,
              "Redis went back in time and the view cannot be revived: " +
                  (revive.why.empty() ? "no reason given" : revive.why));
      std::erase_if(work_.lanes, [&](const auto& work) { return work.lane.view == asked.view; });
      std::erase_if(journals_.views, [&](const auto& held) { return held.view.id == asked.view; });
      return;
  }
}

}  // namespace tributary::group
