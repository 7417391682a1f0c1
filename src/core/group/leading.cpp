#include <algorithm>

#include "core/base/text.hpp"
#include "core/group/node.hpp"
#include "core/plan/shares.hpp"

// What only the leader does, for liveness: safety is in the scripts' comparisons, so two leaders at once do
// no harm.
namespace tributary::group {
namespace {

constexpr TimeMs kViewRequestInterval_ms = 10'000;
constexpr std::size_t kMostLanesForNewWeights = 1000;

}  // namespace

// What operators asked for, as far as it is every node's own business.
void Node::obey(const BeatAnswer& beat, TimeMs now) {
  std::vector<std::string> complaints = {"the key of the desired state is not a hash"};
  if (beat.desired) {
    auto read = plan::read_desired(*beat.desired, wishes_.desired);
    const bool was_paused = paused();
    wishes_.desired = std::move(read.desired);
    complaints = std::move(read.complaints);
    if (paused() != was_paused) {
      report(Report::Level::info, was_paused ? "resumed"_event : "paused"_event,
             was_paused ? "resumed"
                        : "paused by " + wishes_.desired.changed_by +
                              ": messages are received and held, not processed",
             {{"by", wishes_.desired.changed_by}});
    }
  }
  if (complaints != wishes_.complaints) {
    wishes_.complaints = std::move(complaints);
    for (const auto& complaint : wishes_.complaints) {
      report(Report::Level::error, "desired_state_wrong"_event,
             "desired state: " + complaint + "; the last valid value stays in force");
    }
  }
  if (wishes_.desired.state != plan::Desired::State::stopped) {
    wishes_.found_running = true;
  } else if (!finished_) {
    obey_stop(now);
  }
}

void Node::obey_stop(TimeMs now) {
  const auto& desired = wishes_.desired;
  if (leaving_.stage == Leaving::Stage::no) {
    report(Report::Level::info, "stopped"_event,
           "the group was stopped" + (desired.changed_by.empty() ? "" : " by " + desired.changed_by) +
               (desired.stop_now ? ", at once" : ""),
           {{"by", desired.changed_by}});
  }
  // Who comes to a group that was stopped long ago has nothing to give up, and declares nothing.
  if (desired.stop_now && wishes_.found_running) {
    leave_now(now);
  } else if (leaving_.stage == Leaving::Stage::no) {
    leaving_.stage = Leaving::Stage::wanted;
  }
}

// What the autoscaler goes by: sums over the nodes.
plan::Sample Node::sample_of(const BeatAnswer& beat, TimeMs now) {
  plan::Sample sample;
  sample.at = now;
  double pressed = 0;
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& figures = beat.figures[i];
    const auto weight = beat.members[i].weight;
    sample.received = std::max(sample.received, figures.received);
    sample.committed += figures.committed;
    sample.backlog += figures.backlog;
    sample.consumers += weight;
    sample.nodes += figures.received > 0 || figures.committed > 0;
    sample.busy += figures.busy;
    pressed += static_cast<double>(figures.backlog) * std::min(1.0, figures.busy / std::max(weight, 1u));
  }
  sample.busy = sample.consumers > 0 ? sample.busy / sample.consumers : 0;
  sample.pressed = sample.backlog > 0 ? pressed / static_cast<double>(sample.backlog) : sample.busy;
  return sample;
}

// How many consumers each listed member should have: fixed nodes keep theirs, agents share what is left. A
// silent member's share goes to the others in the step that removes it, not before: a pause makes
// everybody silent.
std::vector<std::uint32_t> Node::wanted_weights(const BeatAnswer& beat, bool may_judge, TimeMs now) {
  std::vector<std::uint32_t> weights;
  std::vector<plan::Host> hosts;
  std::vector<std::size_t> places;
  std::uint64_t fixed = 0, capacity = 0;
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& member = beat.members[i];
    const auto& figures = beat.figures[i];
    weights.push_back(member.weight);
    const bool silent = !member.present && member.id != membership_.id;
    if (member.leaving || (silent && may_judge)) continue;
    if (!figures.capacity || silent) {
      fixed += member.weight;
    } else {
      hosts.push_back({std::max(*figures.capacity, 1u), member.weight});
      places.push_back(i);
      capacity += *figures.capacity;
    }
  }
  if (hosts.empty()) {
    leadership_.why =
        wishes_.desired.consumers || wishes_.desired.automatic ? "only nodes with a fixed number run" : "";
    return weights;
  }
  auto total = fixed + capacity;
  leadership_.why = "no number set: as many as the hosts have capacity for";
  if (wishes_.desired.automatic) {
    const auto advice =
        leadership_.scaler.advise(sample_of(beat, now), {wishes_.desired.minimum, wishes_.desired.maximum});
    total = advice.consumers;
    leadership_.why = "auto: " + advice.why;
  } else if (wishes_.desired.consumers) {
    total = *wishes_.desired.consumers;
    leadership_.why = "asked for by " +
                      (wishes_.desired.changed_by.empty() ? "an unknown user" : wishes_.desired.changed_by);
  }
  auto shared = total > fixed ? total - fixed : 0;
  if (shared + fixed == 0) {
    shared = 1;  // somebody has to own what is received
    leadership_.why += "; one stays, so that every message has an owner";
  }
  const auto shares = plan::split(shared, hosts);
  for (std::size_t i = 0; i < places.size(); ++i) weights[places[i]] = std::min(shares[i], kMaxWeight);
  return weights;
}

void Node::lead(const BeatAnswer& beat, TimeMs now) {
  const bool leading = beat.leader == membership_.id;
  if (leading != std::exchange(leadership_.leading, leading)) {
    report(Report::Level::debug, leading ? "leading"_event : "not_leading"_event,
           leading ? "leads the group now" : "leads the group no more");
  }
  const bool may_judge = beats_.unbroken_since >= 0 && now - beats_.unbroken_since >= settings_.lease_ms;
  // A pause of Redis lets every lease run out: only who has beaten without a break for a lease may judge.
  const auto silent = [&](const ViewMember& member) {
    return may_judge && !member.present && member.id != membership_.id;
  };
  std::vector<InstallCall::Member> everybody, wanted;
  const auto weights = leading ? wanted_weights(beat, may_judge, now) : std::vector<std::uint32_t>();
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& member = beat.members[i];
    everybody.push_back({member.id, member.weight});
    if (leading && !silent(member)) wanted.push_back({member.id, weights[i]});
  }
  // There is room again for the lanes that were given up: a new view makes new ones. Any member may ask.
  if (journals_.wants_view && now >= journals_.wants_view_at &&
      journal_bytes() < settings_.journal_limit / 2 && !connections_.pending(Script::install)) {
    journals_.wants_view = false;
    journals_.wants_view_at = now + kViewRequestInterval_ms;
    return install(beat, std::move(everybody), now);
  }
  if (!leading) {
    leadership_.watched.clear();
    leadership_.why.clear();
    return;
  }
  // With so many lanes open a new view only makes more of them: then it has to remove somebody.
  const bool crowded = beat.lanes.size() > kMostLanesForNewWeights && wanted.size() == everybody.size();
  if (wanted != everybody && !crowded && !connections_.pending(Script::install)) {
    for (const auto& member : beat.members) {
      if (!silent(member)) continue;
      report(Report::Level::warning, "member_silent"_event,
             "member " + member.id.text + " is silent; removing it from the view",
             {{"member", member.id.text}});
    }
    install(beat, std::move(wanted), now);
  }
  sweep(beat, now);
}

void Node::install(const BeatAnswer& beat, std::vector<InstallCall::Member> members, TimeMs now) {
  report(Report::Level::debug, "view_proposed"_event,
         "proposes a view of " + std::to_string(members.size()) + " members after " + beat.view.text(),
         {{"members", members.size()}});
  call(InstallCall{caller(), beat.view, nonce(), std::move(members), list_life_ms()}, now);
}

// Lanes whose owner is gone, seen so without a break and with the position unchanged for a whole replay
// window of successful beats: nobody came for them.
void Node::sweep(const BeatAnswer& beat, TimeMs now) {
  const auto elapsed = beats_.clock.elapsed();
  std::map<LaneId, Leadership::Watched> watched;
  SweepCall sweep{caller(), beat.view, {}};
  for (const auto& lane : beat.lanes) {
    if (lane.id.view.number >= beat.view.number || !beat.gone(lane.owner)) continue;
    Leadership::Watched seen{lane.position, elapsed};
    const auto before = leadership_.watched.find(lane.id);
    if (before != leadership_.watched.end() && before->second.position == lane.position)
      seen.since = before->second.since;
    watched.emplace(lane.id, seen);
    if (elapsed - seen.since >= settings_.window_ms) sweep.lanes.emplace_back(lane.id, lane.position);
  }
  leadership_.watched = std::move(watched);
  if (!sweep.lanes.empty() && !connections_.pending(Script::sweep)) call(std::move(sweep), now);
}

void Node::on_sweep_answer(const PendingCall& asked, const Answer& answer, TimeMs now) {
  const auto lanes = answer.status() == "ok" && answer.values.size() > 1 ? to_number(answer.values[1]) : 0;
  if (lanes.value_or(0) == 0) return on_refusal(asked, answer, now);
  report(Report::Level::warning, "lanes_swept"_event,
         "gave up " + count_of(*lanes, "lane") +
             " of earlier views that nobody holds; what was left there is declared in the loss ledger",
         {{"lanes", *lanes}});
}

}  // namespace tributary::group
