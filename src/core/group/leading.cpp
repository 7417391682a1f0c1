#include <algorithm>

#include "core/group/node.hpp"

// What only the leader does, for liveness: safety is in the scripts' comparisons, so two leaders at once do
// no harm.
namespace tributary::group {
namespace {

constexpr TimeMs kViewRequestInterval_ms = 10'000;

}  // namespace

void Node::lead(const Beat& beat, TimeMs now) {
  leading_ = beat.leader == member_;
  std::string everybody, present;
  for (const auto& member : beat.members) {
    const auto entry = member.id.text + "/" + std::to_string(member.weight);
    everybody += (everybody.empty() ? "" : ",") + entry;
    if (member.present || member.id == member_) present += (present.empty() ? "" : ",") + entry;
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
    return;
  }
  // A pause of Redis lets every lease run out: only who has beaten without a break for a lease may judge.
  const bool may_judge = unbroken_since_ >= 0 && now - unbroken_since_ >= settings_.lease_ms;
  if (may_judge && present != everybody && !pending(Script::install)) {
    for (const auto& member : beat.members) {
      if (!member.present && member.id != member_) {
        report(Report::Level::warning, "member " + member.id.text + " is silent; removing it from the view");
      }
    }
    install(present);
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
