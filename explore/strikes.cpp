#include <cstdlib>

#include "explore/world.hpp"

// What each fault does.
namespace tributary::explore {

const char* name_of(Fault fault) {
  static constexpr const char* kNames[kFaults] = {
      "crash",   "cut-commands", "lose-reply", "cut-subscriber", "suspect", "unlead",    "stall",
      "lag",     "pause",        "hurry",      "refuse",         "disk",    "leave",     "save",
      "restart", "same-process", "nothing",    "delete-state",   "flush",   "half-open", "start"};
  return kNames[static_cast<std::size_t>(fault)];
}

void World::strike(State& state, const Step& step) {
  step.node < kMostNodes ? strike_node(state, step) : strike_server(state, step);
}

void World::strike_node(State& state, const Step& step) {
  const std::size_t node = step.node;
  auto& slot = state.slots[node];
  switch (step.fault) {
    case Fault::crash:
      end(state, node);
      slot.member = kNone;
      break;
    case Fault::cut_commands:
    case Fault::lose_reply:
      close_commands(state, node, true);
      happen(state, node, {Event::Kind::commands_lost, 0, {}, {}});
      break;
    case Fault::cut_subscriber:
      slot.set(Slot::lagging, false);
      end_subscription(state, node, step.variant == 1);
      break;
    case Fault::suspect: {
      const auto id = parts_.members[slot.member].node.member().text;
      ServerData server = parts_.servers[state.server];
      let_lapse(server, id);
      state.server = parts_.servers.put(std::move(server));
      const auto* leader = parts_.servers[state.server].data.get<std::string>(group_keys()[2]);
      if (leader && *leader == id) meddle(state, group_keys()[2]);
      break;
    }
    case Fault::unlead:
      meddle(state, group_keys()[2]);
      break;
    case Fault::stall:
      slot.set(Slot::stalled, true);
      break;
    case Fault::lag:
      slot.set(Slot::lagging, true);
      break;
    case Fault::hurry:
      happen(state, node, {Event::Kind::time, 0, {}, {}});
      break;
    case Fault::refuse: {
      const auto& request = parts_.requests[front(slot.requests)];
      group::Answer answer{group::Answer::Kind::refused, {}, "NOSCRIPT No matching script. Please use EVAL."};
      if (slot.is(Slot::commands_up)) {
        slot.answers =
            push(slot.answers, parts_.events.put({Event::Kind::answer, request.id, {}, std::move(answer)}));
      }
      slot.requests = pop(slot.requests);
      break;
    }
    case Fault::disk: {
      auto request = parts_.requests[front(slot.requests)];
      request.settle_fails = true;
      slot.requests = pop(slot.requests);
      execute(state, parts_.requests.put(std::move(request)), node);
      break;
    }
    case Fault::leave:
      slot.set(Slot::leaving, true);
      happen(state, node, {Event::Kind::leave, 0, {}, {}});
      break;
    case Fault::half_open:
      slot.set(Slot::deaf, true);
      break;
    case Fault::start:
      start(slot, static_cast<std::uint32_t>(node));
      break;
    default:
      break;
  }
}

void World::strike_server(State& state, const Step& step) {
  switch (step.fault) {
    case Fault::pause:
      state.paused = 1;
      break;
    case Fault::save:
      state.saved = state.server;
      break;
    case Fault::restart:
    case Fault::same_process:
    case Fault::nothing:
      go_back(state, step);
      break;
    case Fault::delete_state:
      meddle(state, group_keys()[0]);
      break;
    case Fault::flush: {
      auto history = parts_.histories[state.history];
      for (const auto& entry : facts(state.server).entries) {
        history.deleted.push_back(std::strtoull(entry.message.c_str() + 1, nullptr, 10));
      }
      change_history(state, std::move(history));
      ServerData server = parts_.servers[state.server];
      server.data.clear();
      server.leases.clear();
      state.server = parts_.servers.put(std::move(server));
      break;
    }
    default:
      break;
  }
}

void World::meddle(State& state, const std::string& key) {
  ServerData server = parts_.servers[state.server];
  remove(server, key);
  state.server = parts_.servers.put(std::move(server));
}

void World::end_subscription(State& state, std::size_t node, bool behind_the_rest) {
  auto& slot = state.slots[node];
  slot.set(Slot::subscribed, false);
  slot.set(Slot::deaf, false);
  if (behind_the_rest) {
    slot.set(Slot::ending, true);
    slot.items = push(slot.items, parts_.events.put({Event::Kind::subscriber_lost, 0, {}, {}}));
  } else {
    slot.items = no_items_;
    slot.set(Slot::lagging, false);
    happen(state, node, {Event::Kind::subscriber_lost, 0, {}, {}});
  }
}

void World::go_back(State& state, const Step& step) {
  ServerData server = step.fault == Fault::nothing ? ServerData{} : parts_.servers[state.saved];
  if (step.fault != Fault::same_process) ++state.process;
  server.run_id = std::to_string(state.process);
  server.replication_id = "a" + std::to_string(++state.replication);
  state.server = parts_.servers.put(std::move(server));
  if (step.fault == Fault::same_process) return;
  auto history = parts_.histories[state.history];
  history.on_new_process();
  change_history(state, std::move(history));
  for (auto& zombie : state.zombies) zombie = no_items_;
  for (std::size_t i = 0; i < settings_.nodes; ++i) {
    auto& slot = state.slots[i];
    slot.requests = no_items_;
    if (!slot.is(Slot::alive)) continue;
    if (slot.is(Slot::commands_up)) {
      close_commands(state, i, false);
      happen(state, i, {Event::Kind::commands_lost, 0, {}, {}});
    }
    if (!slot.is(Slot::alive) || !slot.is(Slot::subscribed)) continue;
    end_subscription(state, i, step.variant == 1);
  }
}

}  // namespace tributary::explore
