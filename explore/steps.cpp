#include <algorithm>

#include "explore/world.hpp"
#include "sim/redis/keys.hpp"

// Which steps there are from a state.
namespace tributary::explore {
namespace {

bool allowed(const State& state, Fault fault) { return state.budget[static_cast<std::size_t>(fault)] > 0; }

}  // namespace

// Nothing that time does not bring is left to happen.
bool World::settled(const State& state) const {
  for (const auto& slot : state.slots) {
    if (!state.paused && !empty(slot.requests)) return false;
    if (!slot.is(Slot::alive) || slot.is(Slot::stalled)) continue;
    if (!empty(slot.answers)) return false;
    if (!empty(slot.items) && !slot.is(Slot::lagging) && !slot.is(Slot::deaf) &&
        parts_.members[slot.member].node.may_read()) {
      return false;
    }
    if (!state.paused && (!slot.is(Slot::commands_up) || slot.is(Slot::subscribe_wanted))) return false;
  }
  return true;
}

void World::steps(const State& state, std::vector<Step>& out) {
  out.clear();
  using Kind = Step::Kind;
  bool anybody = false, holding = state.paused != 0, subscribers = false;
  for (std::uint8_t i = 0; i < settings_.nodes; ++i) {
    const auto& slot = state.slots[i];
    if (!state.paused && !empty(slot.requests)) out.push_back({Kind::execute, i});
    if (!slot.is(Slot::alive)) continue;
    anybody = true;
    if (slot.is(Slot::stalled)) {
      holding = true;
      out.push_back({Kind::resume, i});
      continue;
    }
    if (!empty(slot.answers)) out.push_back({Kind::answer, i});
    if (slot.is(Slot::lagging)) {
      holding = true;
      out.push_back({Kind::resume, i});
    } else if (!empty(slot.items) && !slot.is(Slot::deaf) && parts_.members[slot.member].node.may_read()) {
      out.push_back({Kind::deliver, i});
    }
    if (!slot.is(Slot::commands_up) && !state.paused) out.push_back({Kind::connect, i});
    if (slot.is(Slot::subscribe_wanted) && !state.paused) out.push_back({Kind::subscribe, i});
  }
  for (const auto& slot : state.slots) subscribers = subscribers || slot.is(Slot::subscribed);
  for (std::uint8_t i = 0; i < kMostZombies; ++i) {
    if (empty(state.zombies[i])) continue;
    holding = true;
    if (!state.paused) out.push_back({Kind::zombie, i});
    out.push_back({Kind::drop_zombie, i});
  }
  if (state.paused) out.push_back({Kind::resume, kMostNodes});
  if (subscribers && state.published < settings_.messages && !state.paused) out.push_back({Kind::publish});
  const bool more = faults(state, out) || state.published < settings_.messages;
  if (!settled(state) || (holding && state.held >= settings_.held)) return;
  if (!anybody && !holding) {
    // Who is dead needs no more time.
    if (out.empty()) complain(lost(*this, state));
    return;
  }
  const auto left = holding ? std::string("something is held up") : unfinished(*this, state);
  if (left.empty()) {
    complain(lost(*this, state));
    if (!more || state.idle >= settings_.idle) return;
  } else if (state.quiet >= settings_.patience) {
    return complain("not done after " + std::to_string(settings_.patience) + " beats: " + left);
  }
  out.push_back({Kind::time});
}

// Returns whether there can be any, now or later.
bool World::faults(const State& state, std::vector<Step>& out) const {
  const auto add = [&](Fault fault, std::size_t node, std::uint8_t variant = 0) {
    out.push_back({Step::Kind::fault, static_cast<std::uint8_t>(node), fault, variant});
  };
  const bool up = !state.paused;
  for (std::size_t i = 0; i < settings_.nodes; ++i) {
    const auto& slot = state.slots[i];
    if (allowed(state, Fault::start) && slot.is(Slot::unborn)) add(Fault::start, i);
    if (!slot.is(Slot::alive)) continue;
    const auto& node = parts_.members[slot.member].node;
    const auto& server = parts_.servers[state.server];
    if (allowed(state, Fault::crash)) add(Fault::crash, i);
    if (allowed(state, Fault::suspect) && sim::is_present(server.data, kGroup, node.member().text))
      add(Fault::suspect, i);
    if (allowed(state, Fault::unlead)) {
      const auto* leader = server.data.get<std::string>(group_keys()[2]);
      if (leader && *leader == node.member().text) add(Fault::unlead, i);
    }
    if (allowed(state, Fault::refuse) && up && !empty(slot.requests)) add(Fault::refuse, i);
    if (allowed(state, Fault::disk) && up && !empty(slot.requests) &&
        parts_.requests[front(slot.requests)].transaction) {
      add(Fault::disk, i);
    }
    if (slot.is(Slot::stalled)) continue;
    if (slot.is(Slot::commands_up)) {
      if (allowed(state, Fault::cut_commands)) add(Fault::cut_commands, i);
      if (allowed(state, Fault::lose_reply) && !empty(slot.answers)) add(Fault::lose_reply, i);
    }
    if (slot.is(Slot::subscribed) && allowed(state, Fault::cut_subscriber)) {
      add(Fault::cut_subscriber, i, 0);
      if (!empty(slot.items)) add(Fault::cut_subscriber, i, 1);
    }
    if (allowed(state, Fault::half_open) && !slot.is(Slot::deaf) &&
        (slot.is(Slot::subscribed) || slot.is(Slot::subscribe_wanted))) {
      add(Fault::half_open, i);
    }
    if (allowed(state, Fault::stall)) add(Fault::stall, i);
    if (allowed(state, Fault::lag) && !slot.is(Slot::lagging) && slot.is(Slot::subscribed))
      add(Fault::lag, i);
    if (allowed(state, Fault::hurry)) add(Fault::hurry, i);
    if (allowed(state, Fault::leave) && !slot.is(Slot::leaving)) add(Fault::leave, i);
  }
  if (allowed(state, Fault::pause) && up) add(Fault::pause, kMostNodes);
  const bool can_go_back = state.saved != kNone;
  if (allowed(state, Fault::save) && up) add(Fault::save, kMostNodes);
  if (allowed(state, Fault::restart) && can_go_back && up) {
    add(Fault::restart, kMostNodes, 0);
    add(Fault::restart, kMostNodes, 1);
  }
  if (allowed(state, Fault::same_process) && can_go_back && up) add(Fault::same_process, kMostNodes);
  if (allowed(state, Fault::nothing) && up) {
    add(Fault::nothing, kMostNodes, 0);
    add(Fault::nothing, kMostNodes, 1);
  }
  if (allowed(state, Fault::delete_state) && up) add(Fault::delete_state, kMostNodes);
  if (allowed(state, Fault::flush) && up) add(Fault::flush, kMostNodes);
  return std::any_of(state.budget.begin(), state.budget.end(), [](auto left) { return left > 0; });
}

}  // namespace tributary::explore
