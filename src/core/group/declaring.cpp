#include <algorithm>

#include "core/group/node.hpp"

// Lines for the loss ledger, of what this node knows that it will not be appended.
namespace tributary::group {

// Views read under a state that somebody deleted, while the server never went back: what is uncommitted is in
// doubt, and in doubt nothing is appended.
void Node::drop_deleted_views() {
  auto& views = journals_.views;
  for (auto view = views.begin(); view != views.end();) {
    if (view->nonce == membership_.nonce || view->revival == HeldView::Revival::needed ||
        view->revival == HeldView::Revival::asked) {
      ++view;
      continue;
    }
    declare(*view, LossLine::Kind::possible, "the state of the group was deleted");
    std::erase_if(work_.lanes, [&](const auto& work) { return work.lane.view == view->view.id; });
    view = views.erase(view);
  }
}

// What was received of a view and will not be appended: of lanes that were given up, too, since nobody may
// have received more of them.
void Node::declare(HeldView& view, LossLine::Kind kind, const std::string& reason) {
  std::uint64_t lost = 0;
  for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
    const auto& log = view.journal.lane(lane);
    const auto from = std::max(done_of(view, lane), log.first());
    const auto end = view.rank_at(lane, view.journal.count());
    if (end <= from) continue;
    const auto position = [&](std::uint64_t rank) {
      return std::to_string(rank == 0 ? 0 : view.journal.position_of(lane, rank - 1));
    };
    // Of a lane by keys that was given up nobody here knows which messages lie behind the position.
    const bool unknown = view.journal.keys() && view.journal.given_up(lane);
    const auto after = unknown ? std::to_string(view.lanes[lane].position) : position(from);
    lost += end - from;
    declarations_.push_back(
        {kind, reason, view.view.id.text(), std::to_string(lane), after, position(end), end - from});
  }
  if (lost > 0) {
    report(Report::Level::error, "losses_declared"_event,
           std::to_string(lost) + " messages of view " + view.view.id.text() +
               " cannot be delivered; declared in the loss ledger: " + reason,
           {{"messages", lost}, {"view", view.view.id.text()}, {"reason", reason}});
  }
}

// Whose are the messages before this marker that are in no view which this connection reads? Those of a view
// that listed somebody are its members'; when nobody was there, they are nobody's.
void Node::settle_unplaced(const Marker& marker) {
  auto& me = membership_;
  if (marker.view.identity.run_id != connections_.run_id) return;
  if (marker.alone || !me.covered) {
    me.nobodys += me.unplaced;
    statistics_.received += me.unplaced;
  }
  me.unplaced = 0;
  me.covered = !marker.view.members.empty();
}

void Node::declare_nobodys() {
  auto& me = membership_;
  if (!me.joined || !me.marker_read || me.nobodys == 0 || connections_.pending(Script::join)) return;
  const bool known = me.before == JoinAnswer::Before::nobody;
  report(Report::Level::warning, "losses_declared"_event,
         std::to_string(me.nobodys) +
             " messages came before this member's first view, when no other member " +
             (known ? "was listed" : "gave a sign of life") + "; declared in the loss ledger",
         {{"messages", me.nobodys}});
  declarations_.push_back({known ? LossLine::Kind::lost : LossLine::Kind::possible,
                           "received before the first view", "-", "-", "-", "-", me.nobodys});
  me.nobodys = 0;
}

void Node::send_declarations(TimeMs now) {
  if (declarations_.empty() || connections_.pending(Script::declare)) return;
  PendingCall details{};
  details.end = declarations_.size();
  call(DeclareCall{caller(), declarations_}, now, std::move(details));
}

}  // namespace tributary::group
