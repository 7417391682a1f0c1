#include <algorithm>

#include "core/group/node.hpp"
#include "core/plan/shares.hpp"

// What only the leader does, for liveness: safety is in the scripts' comparisons, so two leaders at once do
// no harm.
namespace tributary::group {
namespace {

constexpr TimeMs kViewRequestInterval_ms = 10'000;

}  // namespace

// What operators asked for, as far as it is every node's own business.
void Node::obey(const Beat& beat, TimeMs now) {
  std::vector<std::string> complaints = {"the key of the desired state is no hash"};
  if (beat.desired) {
    auto read = plan::read_desired(*beat.desired, desired_);
    const bool was_paused = paused();
    desired_ = std::move(read.desired);
    complaints = std::move(read.complaints);
    if (paused() != was_paused) {
      report(Report::Level::info, was_paused ? "resumed"
                                             : "paused by " + desired_.changed_by +
                                                   ": messages are received and held, not processed");
    }
  }
  if (complaints != complaints_) {
    complaints_ = std::move(complaints);
    for (const auto& complaint : complaints_) {
      report(Report::Level::error, "desired state: " + complaint + "; what was good before stays in force");
    }
  }
  if (desired_.state != plan::Desired::State::stopped) found_running_ = true;
  if (desired_.state != plan::Desired::State::stopped || finished_) return;
  if (leaving_ == Leaving::no) {
    report(Report::Level::info,
           "the group was stopped" + (desired_.changed_by.empty() ? "" : " by " + desired_.changed_by) +
               (desired_.stop_now ? ", at once" : "") + "; 'tributary resume' starts it again");
  }
  // Who comes to a group that was stopped long ago has nothing to give up, and declares nothing.
  if (desired_.stop_now && found_running_) {
    leave_now(now);
  } else if (leaving_ == Leaving::no) {
    leaving_ = Leaving::wanted;
  }
}

// What the autoscaler goes by: sums over the nodes.
plan::Sample Node::sample_of(const Beat& beat, TimeMs now) {
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

// How many consumers each listed member should have: fixed nodes keep theirs, agents share what is left.
// A silent member's share goes to the others in the step that removes it, not before: a pause makes everybody
// silent.
std::vector<std::uint32_t> Node::wanted_weights(const Beat& beat, bool may_judge, TimeMs now) {
  std::vector<std::uint32_t> weights;
  std::vector<plan::Host> hosts;
  std::vector<std::size_t> places;
  std::uint64_t fixed = 0, capacity = 0;
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& member = beat.members[i];
    const auto& figures = beat.figures[i];
    weights.push_back(member.weight);
    const bool silent = !member.present && member.id != member_;
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
    why_ = desired_.consumers || desired_.automatic ? "only nodes with a fixed number run" : "";
    return weights;
  }
  auto total = fixed + capacity;
  why_ = "nothing was asked for: as many as the hosts have capacity";
  if (desired_.automatic) {
    const auto advice = scaler_.advise(sample_of(beat, now), {desired_.minimum, desired_.maximum});
    total = advice.consumers;
    why_ = "auto: " + advice.why;
  } else if (desired_.consumers) {
    total = *desired_.consumers;
    why_ = "asked for by " + (desired_.changed_by.empty() ? "somebody" : desired_.changed_by);
  }
  auto shared = total > fixed ? total - fixed : 0;
  if (shared + fixed == 0) {
    shared = 1;  // somebody has to own what is received
    why_ += "; one stays, so that what is received has an owner";
  }
  const auto shares = plan::split(shared, hosts);
  for (std::size_t i = 0; i < places.size(); ++i) weights[places[i]] = std::min(shares[i], kMaxWeight);
  return weights;
}

void Node::lead(const Beat& beat, TimeMs now) {
  leading_ = beat.leader == member_;
  std::string everybody, wanted;
  const bool may_judge = unbroken_since_ >= 0 && now - unbroken_since_ >= settings_.lease_ms;
  const auto weights = leading_ ? wanted_weights(beat, may_judge, now) : std::vector<std::uint32_t>();
  for (std::size_t i = 0; i < beat.members.size(); ++i) {
    const auto& member = beat.members[i];
    const auto entry = member.id.text + "/" + std::to_string(member.weight);
    everybody += (everybody.empty() ? "" : ",") + entry;
    // A pause of Redis lets every lease run out: only who has beaten without a break for a lease may judge.
    if (!leading_ || (may_judge && !member.present && member.id != member_)) continue;
    wanted += (wanted.empty() ? "" : ",") + member.id.text + "/" + std::to_string(weights[i]);
  }
  const auto install = [&](const std::string& members) {
    call(Script::install,
         {settings_.group, member_.text, nonce_.text, beat.view.text(), nonce(), members,
          std::to_string(2 * settings_.lease_ms)},
         now);
  };
  // There is room again for the lanes that were given up: a new view makes new ones. Any member may ask.
  if (wants_view_ && now >= wants_view_at_ && journal_bytes() < settings_.journal_limit / 2 &&
      !pending(Script::install)) {
    wants_view_ = false;
    wants_view_at_ = now + kViewRequestInterval_ms;
    return install(everybody);
  }
  if (!leading_) {
    watched_.clear();
    why_.clear();
    return;
  }
  if (wanted != everybody && !pending(Script::install)) {
    for (const auto& member : beat.members) {
      if (may_judge && !member.present && member.id != member_) {
        report(Report::Level::warning, "member " + member.id.text + " is silent; removing it from the view");
      }
    }
    install(wanted);
  }
  sweep(beat, now);
}

// Lanes whose owner is gone, seen so without a break and with the position unchanged for a whole replay
// window of successful beats: nobody came for them.
void Node::sweep(const Beat& beat, TimeMs now) {
  std::map<LaneId, Watched> watched;
  std::vector<std::string> arguments = {settings_.group, member_.text, nonce_.text, beat.view.text()};
  for (const auto& lane : beat.lanes) {
    if (lane.id.view.number >= beat.view.number || !beat.gone(lane.owner)) continue;
    Watched seen{lane.position, clock_.elapsed()};
    const auto before = watched_.find(lane.id);
    if (before != watched_.end() && before->second.position == lane.position)
      seen.since = before->second.since;
    watched.emplace(lane.id, seen);
    if (clock_.elapsed() - seen.since >= settings_.window_ms) {
      arguments.push_back(lane.id.text());
      arguments.push_back(std::to_string(lane.position));
    }
  }
  watched_ = std::move(watched);
  if (arguments.size() > 4 && !pending(Script::sweep)) call(Script::sweep, std::move(arguments), now);
}

}  // namespace tributary::group
