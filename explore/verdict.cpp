#include "explore/narration.hpp"
#include "explore/node_inspector.hpp"
#include "explore/world.hpp"

// What must hold once there is nothing left to do.
namespace tributary::explore {
namespace {

bool declared(const History& history, const Facts& facts, const std::string& id, std::uint64_t position) {
  const auto* view = history.view(id);
  const auto lane = view ? view->lane_of(position) : -1;
  return lane >= 0 && facts.declared(id, static_cast<std::uint32_t>(lane), position);
}

std::string unfinished_node(World& world, const State& state, std::size_t i) {
  const auto& slot = state.slots[i];
  const auto& node = world.member(state, i).node;
  if (slot.is(Slot::leaving)) return letter(i) + " has not left";
  if (!slot.is(Slot::commands_up)) return letter(i) + " has no command connection";
  if (!slot.is(Slot::subscribed)) return letter(i) + " has no subscriber connection";
  if (!node.joined()) return letter(i) + " has not joined";
  if (!world.facts(state.server).lists(node.member().text)) return letter(i) + " is not in the view";
  if (group::NodeInspector::has_declarations(node)) return letter(i) + " has something to declare";
  for (const auto& held : node.held_views()) {
    using Revival = group::HeldView::Revival;
    if (held.revival == Revival::needed || held.revival == Revival::asked) {
      return letter(i) + " has view " + held.view.id.text() + " to revive";
    }
    if (!held.said) return letter(i) + " does not know what became of view " + held.view.id.text();
  }
  return "";
}

}  // namespace

std::string unfinished(World& world, const State& state) {
  bool anybody = false;
  for (std::size_t i = 0; i < kMostNodes; ++i) {
    if (!state.slots[i].is(Slot::alive)) continue;
    anybody = true;
    if (auto why = unfinished_node(world, state, i); !why.empty()) return why;
  }
  const auto& facts = world.facts(state.server);
  const auto& history = world.history(state);
  bool anybody_died = false;
  for (std::size_t i = 0; i < world.settings().nodes; ++i)
    anybody_died = anybody_died || (state.slots[i].member == kNone && !state.slots[i].is(Slot::unborn));
  if (!anybody && anybody_died) return "";
  for (const auto& lane : facts.lanes) {
    const auto name = lane.view + ":" + std::to_string(lane.index);
    if (lane.view != facts.view || !anybody)
      return "lane " + name + " is open at " + std::to_string(lane.position);
    const auto* view = history.view(lane.view);
    if (!view || history.current < 0 ||
        history.views[static_cast<std::size_t>(history.current)].id != lane.view) {
      return "view " + lane.view + " is not the one announced last";
    }
    for (auto n = lane.position + 1; n <= history.count; ++n) {
      if (view->lane_of(n) == static_cast<int>(lane.index)) return "lane " + name + " has messages to come";
    }
  }
  return "";
}

std::string lost(World& world, const State& state) {
  const auto& settings = world.settings();
  const auto& facts = world.facts(state.server);
  const auto& history = world.history(state);
  for (std::size_t i = 0; i < settings.nodes; ++i) {
    if (state.slots[i].member == kNone) continue;
    // Who left on request counts as gone; if nothing else went wrong, that costs nothing either.
    if (!state.slots[i].is(Slot::alive) && !settings.leavers_count) continue;
    for (const auto& receipt : world.member(state, i).receipts) {
      const auto& message = history.messages[receipt.message];
      if (facts.appended(message.view, message.position) || history.was_deleted(receipt.message)) continue;
      const auto where = payload_of(receipt.message) + ", received by " + letter(i) + " as " + receipt.view +
                         ":" + std::to_string(receipt.position) + ",";
      if (!declared(history, facts, receipt.view, receipt.position) &&
          !declared(history, facts, message.view, message.position)) {
        return where + " is lost";
      }
      if (!settings.may_lose) return where + " is declared";
    }
  }
  if (!settings.may_declare && !facts.losses.empty())
    return "the loss ledger has a line: " + facts.losses.front().reason;
  return "";
}

}  // namespace tributary::explore
