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
    declare(*view, "the state of the group was deleted");
    std::erase_if(work_.lanes, [&](const auto& work) { return work.lane.view == view->view.id; });
    view = views.erase(view);
  }
}

// What is held of a view and will not be appended.
void Node::declare(HeldView& view, const std::string& reason) {
  std::uint64_t lost = 0;
  for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
    const auto& log = view.journal.lane(lane);
    const auto from = std::max(done_of(view, lane), log.first());
    if (log.end() <= from) continue;
    const auto position = [&](std::uint64_t rank) {
      return std::to_string(rank == 0 ? 0 : view.journal.slots().position_of(lane, rank - 1));
    };
    lost += log.end() - from;
    declarations_.push_back({reason, view.view.id.text(), std::to_string(lane), position(from),
                             position(log.end()), log.end() - from});
  }
  if (lost > 0) {
    report(Report::Level::error, "loss",
           std::to_string(lost) + " messages of view " + view.view.id.text() +
               " cannot be delivered and are declared: " + reason);
  }
}

void Node::declare_unplaced() {
  auto& me = membership_;
  if (!me.joined || !me.marker_read || !me.started_group || me.unplaced == 0) return;
  report(Report::Level::warning, "loss",
         std::to_string(me.unplaced) + " messages came before the group's first view; declared");
  declarations_.push_back({"received before the first view", "-", "-", "-", "-", me.unplaced});
  me.unplaced = 0;
}

void Node::send_declarations(TimeMs now) {
  if (declarations_.empty() || connections_.pending(Script::declare)) return;
  PendingCall details{};
  details.end = declarations_.size();
  call(DeclareCall{caller(), declarations_}, now, std::move(details));
}

}  // namespace tributary::group
