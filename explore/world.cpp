#include "explore/world.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "sim/call_text.hpp"

namespace tributary::explore {
namespace {

constexpr TimeMs kBeat_ms = 100;

group::NodeSettings node_settings(const WorldSettings& world, std::uint32_t index) {
  group::NodeSettings settings;
  settings.group = kGroup;
  settings.name = std::string(1, static_cast<char>('a' + index));
  settings.fingerprint = "print";
  settings.beat_ms = kBeat_ms;
  settings.lease_ms = 2 * kBeat_ms;
  settings.window_ms = 5 * kBeat_ms;
  settings.journal_limit = world.journal_limit;
  return settings;
}

std::string letter(std::size_t node) { return std::string(1, static_cast<char>('a' + node)); }

bool allowed(const State& state, Fault fault) { return state.budget[static_cast<std::size_t>(fault)] > 0; }

std::string brief(const Event& event) {
  switch (event.kind) {
    case Event::Kind::data:
      return payload_of(event.number);
    case Event::Kind::control:
      return event.text;
    case Event::Kind::subscribed:
      return "subscribed";
    case Event::Kind::subscriber_lost:
      return "the end of its subscriber connection";
    case Event::Kind::answer: {
      if (event.answer.kind == group::Answer::Kind::refused) return event.answer.error;
      std::string text;
      for (const auto& value : event.answer.values) text += (text.empty() ? "" : " | ") + value;
      return text;
    }
    default:
      return "";
  }
}

}  // namespace

const char* name_of(Fault fault) {
  static constexpr const char* kNames[kFaults] = {
      "crash",   "cut-commands", "lose-reply", "cut-subscriber", "suspect", "unlead",    "stall",
      "lag",     "pause",        "hurry",      "refuse",         "disk",    "leave",     "save",
      "restart", "same-process", "nothing",    "delete-state",   "flush",   "half-open", "start"};
  return kNames[static_cast<std::size_t>(fault)];
}

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
  Server server;
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
  std::vector<Step> possible;
  for (int i = 0; settings_.formed && i < 10'000; ++i) {
    steps(state, possible);
    std::erase_if(possible, [](const auto& step) { return step.kind == Step::Kind::publish; });
    if (settled(state) && unfinished(*this, state).empty()) break;
    TRIBUTARY_CHECK(!possible.empty());
    state = after(state, possible.front());
    TRIBUTARY_CHECK(violation_.empty());
  }
  state.budget = settings_.budget;
  state.quiet = state.idle = state.held = 0;
  return state;
}

void World::start(Slot& slot, std::uint32_t index) {
  slot.member = parts_.members.put(Member(node_settings(settings_, index), index));
  slot.set(Slot::unborn, false);
  slot.set(Slot::alive, true);
}

// --- which steps there are

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
    if (allowed(state, Fault::suspect) && server.data.exists(member_key(node.member().text)))
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
    case Kind::answer: {
      const auto event = front(state.slots[node].answers);
      state.slots[node].answers = pop(state.slots[node].answers);
      if (story_)
        tell(letter(node) + " gets the answer to call " + std::to_string(parts_.events[event].number));
      happen(state, node, event);
      break;
    }
    case Kind::deliver: {
      const auto event = front(state.slots[node].items);
      state.slots[node].items = pop(state.slots[node].items);
      if (story_) tell(letter(node) + " reads " + brief(parts_.events[event]));
      if (parts_.events[event].kind == Event::Kind::subscriber_lost)
        state.slots[node].set(Slot::ending, false);
      happen(state, node, event);
      break;
    }
    case Kind::subscribe: {
      auto& slot = state.slots[node];
      slot.set(Slot::subscribe_wanted, false);
      slot.set(Slot::subscribed, true);
      tell(letter(node) + " subscribes");
      slot.items =
          push(slot.items,
               parts_.events.put({Event::Kind::subscribed, 0, parts_.servers[state.server].run_id, {}}));
      break;
    }
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
    case Kind::publish: {
      auto history = parts_.histories[state.history];
      history.on_message();
      change_history(state, std::move(history));
      state.quiet = 0;
      if (story_) tell("published: " + payload_of(state.published));
      publish(state, {Event::Kind::data, state.published, {}, {}});
      ++state.published;
      break;
    }
    case Kind::resume:
      state.quiet = 0;
      if (node == kMostNodes) {
        state.paused = 0;
        tell("the server goes on");
      } else {
        state.slots[node].set(Slot::stalled, false);
        state.slots[node].set(Slot::lagging, false);
        tell(letter(node) + " goes on");
      }
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

void World::execute(State& state, Id request, std::size_t answer_to) {
  const auto* effects = parts_.effects.find(state.server, request);
  if (!effects) {
    Server changed = parts_.servers[state.server];
    Event answer{Event::Kind::answer, parts_.requests[request].id, {}, {}};
    auto fresh = runner_.run(changed, parts_.requests[request], answer.answer);
    fresh.server = parts_.servers.put(std::move(changed));
    fresh.answer = parts_.events.put(std::move(answer));
    effects = &parts_.effects.put(state.server, request, std::move(fresh));
  }
  if (story_) {
    const auto& what = parts_.requests[request];
    tell("server: " + sim::text_of(what.call) + "  ->  " + brief(parts_.events[effects->answer]));
  }
  if (!effects->violation.empty()) complain(effects->violation);
  const auto before = state.server;
  state.server = effects->server;
  if (effects->unsettled) {
    auto history = parts_.histories[state.history];
    for (const auto& entry : effects->appended) {
      history.unsettled.push_back(std::strtoull(entry.message.c_str() + 1, nullptr, 10));
    }
    change_history(state, std::move(history));
  }
  const auto& truth = parts_.histories[state.history];
  for (const auto& entry : effects->appended) {
    const auto message = static_cast<std::size_t>(std::strtoul(entry.message.c_str() + 1, nullptr, 10));
    const bool right = message < truth.messages.size() && truth.messages[message].view == entry.view &&
                       truth.messages[message].position == entry.position;
    if (truth.was_deleted(message))
      complain(entry.message + " is appended again after somebody deleted the stream");
    if (!right)
      complain("the stream has " + entry.message + " as " + entry.view + ":" +
               std::to_string(entry.position) + ", which it is not");
  }
  for (const auto& lane : effects->closed) {
    const auto* view = truth.view(lane.view);
    const auto& now = facts(state.server);
    if (!view || (!view->length && !effects->swept)) {
      complain("lane " + lane.view + ":" + std::to_string(lane.index) +
               " is closed, but its view has no end yet");
      continue;
    }
    for (std::uint64_t n = 1; n <= view->length.value_or(0); ++n) {
      if (lane_of(view->weights, n) != static_cast<int>(lane.index) || now.appended(lane.view, n) ||
          now.declared(lane.view, lane.index, n)) {
        continue;
      }
      complain("lane " + lane.view + ":" + std::to_string(lane.index) + " is closed, but " +
               std::to_string(n) + " is neither in the stream nor declared");
    }
  }
  for (const auto& text : effects->published) {
    const auto is_marker = text.find(" marker ") != std::string::npos;
    if (is_marker) {
      auto history = parts_.histories[state.history];
      complain(history.on_control(text, facts(before).view));
      change_history(state, std::move(history));
    }
    publish(state, {Event::Kind::control, 0, text, {}});
  }
  if (checked_.size() <= state.server) checked_.resize(state.server + 1);
  if (!checked_[state.server]) complain(wrong_in(facts(state.server), parts_.histories[state.history]));
  checked_[state.server] = true;
  if (answer_to < kMostNodes && state.slots[answer_to].is(Slot::commands_up)) {
    state.slots[answer_to].answers = push(state.slots[answer_to].answers, effects->answer);
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
  Server server = parts_.servers[state.server];
  explore::pass_time(server, kBeat_ms);
  state.server = parts_.servers.put(std::move(server));
  for (std::size_t i = 0; i < settings_.nodes; ++i) {
    const auto& slot = state.slots[i];
    if (!slot.is(Slot::alive) || slot.is(Slot::stalled)) continue;
    const bool quiet = empty(slot.requests) && empty(slot.answers);
    happen(state, i, {quiet ? Event::Kind::quiet_time : Event::Kind::time, 0, {}, {}});
  }
}

// --- faults

void World::meddle(State& state, const std::string& key) {
  Server server = parts_.servers[state.server];
  remove(server, key);
  state.server = parts_.servers.put(std::move(server));
}

void World::strike(State& state, const Step& step) {
  const std::size_t node = step.node;
  auto& slot = state.slots[node < kMostNodes ? node : 0];
  const auto leader = [&] {
    const auto* text = parts_.servers[state.server].data.get<std::string>(group_keys()[2]);
    return text ? *text : std::string();
  };
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
      slot.set(Slot::subscribed, false);
      slot.set(Slot::lagging, false);
      slot.set(Slot::deaf, false);
      if (step.variant == 1) {
        slot.set(Slot::ending, true);
        slot.items = push(slot.items, parts_.events.put({Event::Kind::subscriber_lost, 0, {}, {}}));
      } else {
        slot.items = no_items_;
        happen(state, node, {Event::Kind::subscriber_lost, 0, {}, {}});
      }
      break;
    case Fault::suspect: {
      const auto id = parts_.members[slot.member].node.member().text;
      meddle(state, member_key(id));
      if (leader() == id) meddle(state, group_keys()[2]);
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
    case Fault::pause:
      state.paused = 1;
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
    case Fault::save:
      state.saved = state.server;
      break;
    case Fault::restart:
    case Fault::same_process:
    case Fault::nothing:
      go_back(state, step);
      break;
    case Fault::half_open:
      slot.set(Slot::deaf, true);
      break;
    case Fault::start:
      start(slot, static_cast<std::uint32_t>(node));
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
      Server server = parts_.servers[state.server];
      server.data.clear();
      server.leases.clear();
      state.server = parts_.servers.put(std::move(server));
      break;
    }
  }
}

void World::go_back(State& state, const Step& step) {
  Server server = step.fault == Fault::nothing ? Server{} : parts_.servers[state.saved];
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
    slot.set(Slot::subscribed, false);
    slot.set(Slot::deaf, false);
    if (step.variant == 1) {
      slot.set(Slot::ending, true);
      slot.items = push(slot.items, parts_.events.put({Event::Kind::subscriber_lost, 0, {}, {}}));
    } else {
      slot.items = no_items_;
      slot.set(Slot::lagging, false);
      happen(state, i, {Event::Kind::subscriber_lost, 0, {}, {}});
    }
  }
}

}  // namespace tributary::explore
