#include "explore/world.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "explore/narration.hpp"
#include "sim/call_text.hpp"

namespace tributary::explore {
namespace {

constexpr TimeMs kBeat_ms = 100;

group::NodeSettings node_settings(const WorldSettings& world, std::uint32_t index) {
  group::NodeSettings settings;
  settings.group = kGroup;
  settings.name = std::string(1, static_cast<char>('a' + index));
  settings.fingerprint = world.keyed ? "keyed print" : "print";
  settings.beat_ms = kBeat_ms;
  settings.lease_ms = 2 * kBeat_ms;
  settings.window_ms = 5 * kBeat_ms;
  settings.journal_limit = world.journal_limit;
  return settings;
}

}  // namespace

World::World(WorldSettings settings, const std::vector<sim::Scripts::Change>& broken)
    : settings_(std::move(settings)), runner_(broken) {
  TRIBUTARY_CHECK(settings_.nodes <= kMostNodes && settings_.messages <= 30);
  no_items_ = parts_.queues.put({});
}

Id World::push(Id queue, Id item) {
  if (const auto* known = queue_memo_.find(queue, item)) return *known;
  auto longer = parts_.queues[queue];
  longer.items.push_back(item);
  return queue_memo_.put(queue, item, parts_.queues.put(std::move(longer)));
}

Id World::pop(Id queue) {
  if (const auto* known = queue_memo_.find(queue, kNone)) return *known;
  auto shorter = parts_.queues[queue];
  shorter.items.erase(shorter.items.begin());
  return queue_memo_.put(queue, kNone, parts_.queues.put(std::move(shorter)));
}

const Facts& World::facts(Id server) {
  if (facts_.size() <= server) facts_.resize(server + 1);
  if (!facts_[server]) facts_[server] = std::make_unique<Facts>(parts_.servers[server]);
  return *facts_[server];
}

State World::initial() {
  State state;
  ServerData server;
  server.run_id = "1";
  server.replication_id = "a1";
  state.server = parts_.servers.put(std::move(server));
  state.history = parts_.histories.put({});
  for (auto& zombie : state.zombies) zombie = no_items_;
  for (std::uint32_t i = 0; i < kMostNodes; ++i) {
    auto& slot = state.slots[i];
    slot.requests = slot.answers = slot.items = no_items_;
    slot.member = kNone;
    if (i >= settings_.nodes) continue;
    if (i + settings_.late >= settings_.nodes) {
      slot.set(Slot::unborn, true);
      continue;
    }
    start(slot, i);
  }
  if (settings_.formed) settle(state);
  for (const auto& step : settings_.opening) {
    state.budget.fill(1);
    state = after(state, step);
    state.budget = {};
    go_on(state, step.node);
  }
  state.budget = settings_.budget;
  state.quiet = state.idle = state.held = 0;
  return state;
}

void World::settle(State& state) {
  std::vector<Step> possible;
  for (int i = 0; i < 10'000; ++i) {
    steps(state, possible);
    std::erase_if(possible, [](const auto& step) { return step.kind == Step::Kind::publish; });
    if (settled(state) && unfinished(*this, state).empty()) break;
    TRIBUTARY_CHECK(!possible.empty());
    state = after(state, possible.front());
    TRIBUTARY_CHECK(violation_.empty());
  }
}

// All that one node does and is told, while time stands still for the others.
void World::go_on(State& state, std::size_t node) {
  std::vector<Step> possible;
  while (true) {
    steps(state, possible);
    const auto its = std::find_if(possible.begin(), possible.end(), [&](const auto& step) {
      return step.node == node && step.kind <= Step::Kind::connect;
    });
    if (its == possible.end()) return;
    state = after(state, *its);
    TRIBUTARY_CHECK(violation_.empty());
  }
}

void World::start(Slot& slot, std::uint32_t index) {
  slot.member = parts_.members.put(Member(node_settings(settings_, index), index));
  slot.set(Slot::unborn, false);
  slot.set(Slot::alive, true);
}

// --- where they lead

State World::after(const State& before, const Step& step) {
  State state = before;
  violation_.clear();
  const std::size_t node = step.node;
  using Kind = Step::Kind;
  switch (step.kind) {
    case Kind::execute: {
      const auto request = front(state.slots[node].requests);
      state.slots[node].requests = pop(state.slots[node].requests);
      execute(state, request, node);
      break;
    }
    case Kind::answer:
      answer(state, node);
      break;
    case Kind::deliver:
      deliver(state, node);
      break;
    case Kind::subscribe:
      subscribe(state, node);
      break;
    case Kind::connect:
      state.slots[node].set(Slot::commands_up, true);
      tell(letter(node) + " connects for commands");
      happen(state, node, {Event::Kind::connected, 0, parts_.servers[state.server].identity(), {}});
      break;
    case Kind::zombie: {
      const auto request = front(state.zombies[node]);
      state.zombies[node] = pop(state.zombies[node]);
      state.quiet = 0;
      tell("late:");
      execute(state, request, kMostNodes);
      break;
    }
    case Kind::drop_zombie:
      state.zombies[node] = no_items_;
      state.quiet = 0;
      tell("the requests of an ended connection never arrive");
      break;
    case Kind::publish:
      publish_message(state);
      break;
    case Kind::resume:
      resume(state, node);
      break;
    case Kind::fault:
      --state.budget[static_cast<std::size_t>(step.fault)];
      state.quiet = state.idle = 0;
      if (story_) {
        tell(std::string("FAULT ") + name_of(step.fault) + (node < kMostNodes ? " of " + letter(node) : "") +
             (step.variant ? ", what is under way included" : ""));
      }
      strike(state, step);
      break;
    case Kind::time:
      pass_time(state);
      break;
  }
  const bool holding = state.paused || !empty(state.zombies[0]) || !empty(state.zombies[1]) ||
                       std::any_of(state.slots.begin(), state.slots.end(), [](const auto& slot) {
                         return slot.is(Slot::alive) && (slot.is(Slot::stalled) || slot.is(Slot::lagging));
                       });
  if (!holding) state.held = 0;
  return state;
}

void World::answer(State& state, std::size_t node) {
  const auto event = front(state.slots[node].answers);
  state.slots[node].answers = pop(state.slots[node].answers);
  if (story_) {
    tell(letter(node) + " gets the answer to call " + std::to_string(parts_.events[event].number));
  }
  happen(state, node, event);
}

void World::deliver(State& state, std::size_t node) {
  const auto event = front(state.slots[node].items);
  state.slots[node].items = pop(state.slots[node].items);
  if (story_) tell(letter(node) + " reads " + brief(parts_.events[event]));
  if (parts_.events[event].kind == Event::Kind::subscriber_lost) state.slots[node].set(Slot::ending, false);
  happen(state, node, event);
}

void World::subscribe(State& state, std::size_t node) {
  auto& slot = state.slots[node];
  slot.set(Slot::subscribe_wanted, false);
  slot.set(Slot::subscribed, true);
  tell(letter(node) + " subscribes");
  slot.items = push(slot.items,
                    parts_.events.put({Event::Kind::subscribed, 0, parts_.servers[state.server].run_id, {}}));
}

void World::publish_message(State& state) {
  auto history = parts_.histories[state.history];
  history.on_message();
  change_history(state, std::move(history));
  state.quiet = 0;
  if (story_) tell("published: " + payload_of(state.published));
  publish(state, {Event::Kind::data, state.published, {}, {}});
  ++state.published;
}

void World::resume(State& state, std::size_t node) {
  state.quiet = 0;
  if (node == kMostNodes) {
    state.paused = 0;
    return tell("the server goes on");
  }
  state.slots[node].set(Slot::stalled, false);
  state.slots[node].set(Slot::lagging, false);
  tell(letter(node) + " goes on");
}

void World::happen(State& state, std::size_t node, Event event) {
  happen(state, node, parts_.events.put(std::move(event)));
}

void World::happen(State& state, std::size_t node, Id event) {
  auto& slot = state.slots[node];
  const auto* outcome = parts_.outcomes.find(slot.member, event);
  if (!outcome) {
    Member changed = parts_.members[slot.member];
    auto fresh = explore::happen(changed, parts_.events[event], parts_.requests);
    fresh.member = parts_.members.put(std::move(changed));
    outcome = &parts_.outcomes.put(slot.member, event, std::move(fresh));
  }
  slot.member = outcome->member;
  for (const auto& receipt : outcome->received) check_receipt(state, node, receipt);
  for (const auto& report : outcome->reports) tell("    " + letter(node) + " says: " + report);
  for (const auto& act : outcome->acts) {
    using Kind = Outcome::Act::Kind;
    if (act.kind == Kind::request) {
      if (!slot.is(Slot::commands_up)) {
        complain(letter(node) + " makes a call without a connection");
        continue;
      }
      slot.requests = push(slot.requests, act.request);
      if (story_) {
        const auto& request = parts_.requests[act.request];
        tell("    " + letter(node) + " sends call " + std::to_string(request.id) + ": " +
             sim::text_of(request.call));
      }
    } else if (act.kind == Kind::subscribe) {
      slot.set(Slot::subscribe_wanted, true);
    } else if (act.kind == Kind::drop_subscriber) {
      slot.set(Slot::subscribed, false);
      slot.set(Slot::ending, false);
      slot.set(Slot::lagging, false);
      slot.set(Slot::deaf, false);
      slot.items = no_items_;
      tell("    " + letter(node) + " drops its subscriber connection");
    } else {
      close_commands(state, node, true);
      tell("    " + letter(node) + " drops its command connection");
    }
  }
  const auto& member = parts_.members[slot.member];
  if (!member.finished) return;
  if (!member.error.empty()) complain(letter(node) + " gives up: " + member.error);
  tell("    " + letter(node) + " has finished");
  end(state, node);
}

// Who is of a group whose state was deleted does not know the markers of the group that came after it; what
// it counts meanwhile counts for nobody.
void World::check_receipt(const State& state, std::size_t node, const Receipt& receipt) {
  const auto& history = parts_.histories[state.history];
  const auto& truth = history.messages[receipt.message];
  if (truth.view == receipt.view && truth.position == receipt.position) return;
  const auto* counted = history.view(receipt.view);
  const auto* true_view = history.view(truth.view);
  if (counted && true_view && counted->nonce != true_view->nonce) return;
  complain(letter(node) + " counts " + payload_of(receipt.message) + " as " + receipt.view + ":" +
           std::to_string(receipt.position) + ", it is " + truth.view + ":" + std::to_string(truth.position));
}

void World::end(State& state, std::size_t node) {
  auto& slot = state.slots[node];
  close_commands(state, node, true);
  slot.items = no_items_;
  slot.flags &= Slot::leaving;
}

void World::close_commands(State& state, std::size_t node, bool requests_survive) {
  auto& slot = state.slots[node];
  slot.set(Slot::commands_up, false);
  slot.answers = no_items_;
  const auto waiting = slot.requests;
  slot.requests = no_items_;
  if (empty(waiting) || !requests_survive) return;
  for (auto& zombie : state.zombies) {
    if (!empty(zombie)) continue;
    zombie = waiting;
    return;
  }
}

void World::publish(State& state, Event item) {
  const auto event = parts_.events.put(std::move(item));
  for (auto& slot : state.slots) {
    if (slot.is(Slot::subscribed)) slot.items = push(slot.items, event);
  }
}

void World::pass_time(State& state) {
  tell("--- a beat passes");
  state.quiet = static_cast<std::uint8_t>(state.quiet + 1);
  state.held = static_cast<std::uint8_t>(state.held + 1);
  if (unfinished(*this, state).empty()) ++state.idle;
  ServerData server = parts_.servers[state.server];
  explore::pass_time(server, kBeat_ms);
  state.server = parts_.servers.put(std::move(server));
  for (std::size_t i = 0; i < settings_.nodes; ++i) {
    const auto& slot = state.slots[i];
    if (!slot.is(Slot::alive) || slot.is(Slot::stalled)) continue;
    const bool quiet = empty(slot.requests) && empty(slot.answers);
    happen(state, i, {quiet ? Event::Kind::quiet_time : Event::Kind::time, 0, {}, {}});
  }
}

}  // namespace tributary::explore
