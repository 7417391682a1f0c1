#include <algorithm>
#include <utility>

#include "core/group/node.hpp"

// Groups with an order key: entries of one key stand in the stream in the channel's order, and no two live consumers work on
// one key at a time. Who a key belongs to changes with the view. So a lane is begun only when every lane of an earlier view
// that may hold messages of its keys is done, as a beat's answer shows. Nobody hands anything over to anybody.
namespace tributary::group {
namespace {

constexpr TimeMs kShortestAsk_ms = 5;

}  // namespace

void Node::learn_order(const BeatAnswer& beat) {
  order_.answered_view = beat.view.number;
  order_.known_below = beat.known_below;
  order_.first_unread = UINT64_MAX;
  for (const auto& lane : beat.lanes) {
    if (!journals_.find(lane.id.view))
      order_.first_unread = std::min(order_.first_unread, lane.id.view.number);
  }
}

// Looks again at what waits.
void Node::let_go() {
  bool any_waits = false;
  for (auto& work : work_.lanes) {
    if (!work.waits) continue;
    if (work.in_flight == 0 && is_next(work)) {
      work.waits = false;
      work.untried = true;
    } else {
      any_waits = true;
    }
  }
  if (any_waits) return;
  order_.waits_since = -1;
  if (std::exchange(order_.told, false))
    report(Report::Level::info, "keys_go_on"_event, "messages with keys go on: what they waited for is done");
}

bool Node::is_next(const LaneWork& work) const {
  const HeldView* view = held(work.lane.view);
  if (!view) return false;
  const auto number = view->view.id.number;
  if (order_.answered_view < number || order_.first_unread < number || order_.known_below < number)
    return false;
  const auto& slots = view->journal.keys()->slots_of(work.lane.index);
  for (const auto& earlier : journals_.views) {
    if (earlier.view.id.number >= number) continue;
    for (std::uint32_t lane = 0; lane < earlier.lanes.size(); ++lane) {
      const auto& keys = earlier.journal.keys();
      if ((!keys || (keys->slots_of(lane) & slots).any()) && !is_done(earlier, lane)) return false;
    }
  }
  return true;
}

// All messages of a lane are appended, or declared. What a node committed itself it knows before an answer says so.
bool Node::is_done(const HeldView& view, std::uint32_t lane) const {
  if (!view.said) return false;
  if (!view.lanes[lane].open) return true;
  const auto end = view.journal.lane(lane).end();
  const auto* work = work_.find({view.view.id, lane});
  return view.length && !view.journal.given_up(lane) && (end == 0 || (work && work->acknowledged >= end));
}

// What others finish shows in a beat's answer: whoever has messages that wait for it asks more often, for some time.
void Node::ask_for_turn(TimeMs now) {
  const bool waits = std::any_of(work_.lanes.begin(), work_.lanes.end(), [&](const auto& work) {
    return work.waits && held(work.lane.view)->journal.lane(work.lane.index).end() > work.acknowledged;
  });
  if (!waits || !membership_.joined || !connections_.commands_up || leaving_.going_off()) return;
  if (order_.waits_since < 0) order_.waits_since = order_.ask_at = now;
  if (now - order_.waits_since > settings_.lease_ms && !std::exchange(order_.told, true)) {
    report(Report::Level::warning, "keys_wait"_event,
           "messages with keys wait: earlier ones of their keys are not in yet, or nobody knows whether "
           "there are any; "
           "what nobody has is given up after a replay window");
  }
  if (now < order_.ask_at || connections_.pending(Script::beat)) return;
  order_.ask_at = now + std::clamp((now - order_.waits_since) / 4, kShortestAsk_ms,
                                   std::max(settings_.beat_ms, kShortestAsk_ms));
  send_beat(now, true);
}

}  // namespace tributary::group
