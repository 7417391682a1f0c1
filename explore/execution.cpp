#include <cstdlib>

#include "explore/narration.hpp"
#include "explore/world.hpp"
#include "sim/call_text.hpp"

// What a call does at the server, and whether it may.
namespace tributary::explore {

void World::execute(State& state, Id request, std::size_t answer_to) {
  const auto* effects = parts_.effects.find(state.server, request);
  if (!effects) {
    ServerData changed = parts_.servers[state.server];
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
  const auto* revive = std::get_if<group::ReviveCall>(&parts_.requests[request].call);
  if (revive && parts_.events[effects->answer].answer.status() == "revived") {
    auto history = parts_.histories[state.history];
    history.revived.push_back({revive->view.text(), revive->caller.member.text});
    change_history(state, std::move(history));
  }
  check_appended(state, *effects);
  if (settings_.keyed) check_order(state, before, *effects);
  check_closed(state, *effects);
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

void World::check_appended(const State& state, const Effects& effects) {
  const auto& truth = parts_.histories[state.history];
  for (const auto& entry : effects.appended) {
    const auto message = static_cast<std::size_t>(std::strtoul(entry.message.c_str() + 1, nullptr, 10));
    const bool right = message < truth.messages.size() && truth.messages[message].view == entry.view &&
                       truth.messages[message].position == entry.position;
    if (truth.was_deleted(message))
      complain(entry.message + " is appended again after somebody deleted the stream");
    if (!right)
      complain("the stream has " + entry.message + " as " + entry.view + ":" +
               std::to_string(entry.position) + ", which it is not");
  }
}

// All messages have one key, so their entries stand in the order in which they were published.
void World::check_order(const State& state, Id before, const Effects& effects) {
  const auto& truth = parts_.histories[state.history];
  const auto number = [](const Facts::Entry& entry) {
    return std::strtoul(entry.message.c_str() + 1, nullptr, 10);
  };
  auto entries = facts(before).entries;
  for (const auto& entry : effects.appended) {
    for (const auto& earlier : entries) {
      if (number(earlier) < number(entry) || truth.may_be_late(entry.view, earlier.view)) continue;
      complain(entry.message + ", " + entry.view + ":" + std::to_string(entry.position) +
               ", is appended behind " + earlier.message + ", " + earlier.view + ":" +
               std::to_string(earlier.position) + ", which has the same key");
    }
    entries.push_back(entry);
  }
}

void World::check_closed(const State& state, const Effects& effects) {
  const auto& truth = parts_.histories[state.history];
  for (const auto& lane : effects.closed) {
    const auto* view = truth.view(lane.view);
    const auto& now = facts(state.server);
    if (!view || (!view->length && !effects.swept)) {
      complain("lane " + lane.view + ":" + std::to_string(lane.index) +
               " is closed, but its view has no end yet");
      continue;
    }
    for (std::uint64_t n = 1; n <= view->length.value_or(0); ++n) {
      if (view->lane_of(n) != static_cast<int>(lane.index) || now.appended(lane.view, n) ||
          now.declared(lane.view, lane.index, n)) {
        continue;
      }
      complain("lane " + lane.view + ":" + std::to_string(lane.index) + " is closed, but " +
               std::to_string(n) + " is neither in the stream nor declared");
    }
  }
}

}  // namespace tributary::explore
