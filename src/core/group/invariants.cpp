#include "core/base/check.hpp"
#include "core/group/node.hpp"

// What node_state.hpp promises of each part.
namespace tributary::group {
namespace {

void check(const Connections& connections) {
  TRIBUTARY_CHECK(connections.commands_up || connections.calls.empty());
  TRIBUTARY_CHECK(!(connections.connecting && connections.subscriber_up));
  TRIBUTARY_CHECK(connections.calls.empty() || connections.calls.rbegin()->first <= connections.last_call);
  TimeMs before = INT64_MIN;
  for (const auto& [id, call] : connections.calls) {
    TRIBUTARY_CHECK(call.sent_at >= before);
    before = call.sent_at;
  }
}

void check(const Membership& me, const Connections& connections, const Leaving& leaving) {
  TRIBUTARY_CHECK(!me.joined || (!me.nonce.empty() && !me.identity.empty()));
  TRIBUTARY_CHECK(!me.joined || connections.subscriber_up || leaving.stage == Leaving::Stage::departing);
  TRIBUTARY_CHECK(!me.joined || me.former.empty());
  TRIBUTARY_CHECK(!me.marker_read || me.joined);
}

void check(const HeldView& held) {
  TRIBUTARY_CHECK(held.lanes.size() == held.view.lane_count());
  TRIBUTARY_CHECK(!(held.growing && held.length));
  TRIBUTARY_CHECK(!held.length || *held.length <= held.journal.count());
  for (std::uint32_t lane = 0; lane < held.lanes.size(); ++lane) {
    std::uint64_t rank = 0;
    for (const auto& done : held.lanes[lane].committed) {
      TRIBUTARY_CHECK(done.rank >= rank);
      rank = done.rank;
    }
  }
}

void check(const Journals& journals) {
  for (std::size_t i = 0; i < journals.views.size(); ++i) {
    check(journals.views[i]);
    TRIBUTARY_CHECK(!journals.views[i].growing || i + 1 == journals.views.size());
    for (std::size_t k = 0; k < i; ++k)
      TRIBUTARY_CHECK(journals.views[k].view.id != journals.views[i].view.id);
  }
}

void check(const Work& work, const Journals& journals, const Connections& connections) {
  std::uint32_t of_lanes = 0, pending = 0;
  const LaneWork* before = nullptr;
  for (const auto& lane : work.lanes) {
    TRIBUTARY_CHECK(!before || before->lane < lane.lane);
    before = &lane;
    const auto* held = journals.find(lane.lane.view);
    TRIBUTARY_CHECK(held && lane.lane.index < held->lanes.size());
    TRIBUTARY_CHECK(lane.acknowledged <= lane.sent);
    TRIBUTARY_CHECK(lane.sent <= held->journal.lane(lane.lane.index).end() || lane.sent == lane.acknowledged);
    of_lanes += lane.in_flight;
  }
  for (const auto& [id, call] : connections.calls) pending += call.script == Script::commit;
  TRIBUTARY_CHECK(pending == work.in_flight);
  TRIBUTARY_CHECK(of_lanes <= work.in_flight);
}

}  // namespace

void Node::check_invariants() const {
  if (finished_) return;
  check(connections_);
  check(membership_, connections_, leaving_);
  check(journals_);
  check(work_, journals_, connections_);
  TRIBUTARY_CHECK(leaving_.stage != Leaving::Stage::standby || membership_.joined);
}

}  // namespace tributary::group
