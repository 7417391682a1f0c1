#include "explore/worlds.hpp"

#include <initializer_list>

namespace tributary::explore {
namespace {

struct Allowed {
  Fault fault;
  int times;
};

WorldSettings world(std::string name, std::string about, std::initializer_list<Allowed> faults) {
  WorldSettings settings;
  settings.name = std::move(name);
  settings.about = std::move(about);
  for (const auto& allowed : faults) {
    settings.budget[static_cast<std::size_t>(allowed.fault)] = static_cast<std::uint8_t>(allowed.times);
  }
  return settings;
}

// What may go wrong alone, with two nodes.
void add_single(std::vector<WorldSettings>& worlds) {
  const auto add = [&](WorldSettings settings) -> WorldSettings& {
    settings.idle = 1;
    return worlds.emplace_back(std::move(settings));
  };
  add(world("calm", "nothing goes wrong", {}));
  auto& start = add(world("start", "both begin at once, with nothing there", {}));
  start.formed = false;
  start.may_declare = true;  // what comes before the first view
  add(world("hurry", "one node's beats run ahead of what is under way", {{Fault::hurry, 3}}));
  add(world("crash", "a process is killed", {{Fault::crash, 1}}));
  add(world("cut-commands", "a command connection breaks; what is under way is done later, or never",
            {{Fault::cut_commands, 1}}));
  add(world("lost-reply", "a command connection breaks between effect and answer", {{Fault::lose_reply, 1}}));
  add(world("cut-subscriber", "a subscriber connection breaks", {{Fault::cut_subscriber, 1}}));
  add(world("suspicion", "the leases of a member run out that is alive", {{Fault::suspect, 1}}));
  add(world("leader-change", "the leader's lease runs out: another leads too", {{Fault::unlead, 1}}));
  add(world("stall", "a process stops and goes on later", {{Fault::stall, 1}}));
  add(world("lag", "what was published comes late to one node", {{Fault::lag, 1}}));
  add(world("pause", "the server stops and goes on later", {{Fault::pause, 1}}));
  add(world("refusal", "the server refuses a call, and does those behind it", {{Fault::refuse, 1}}));
  add(world("leave", "one node leaves", {{Fault::leave, 1}}));
  add(world("leave-both", "both nodes leave", {{Fault::leave, 2}}));
  add(world("restart", "another server process, with older data", {{Fault::save, 1}, {Fault::restart, 1}}));
  add(world("same-process", "the same server process, with older data", {{Fault::save, 1}, {Fault::same_process, 1}}));
  add(world("to-nothing", "another server process, without data", {{Fault::nothing, 1}}));
  add(world("deleted-state", "somebody deletes the state", {{Fault::delete_state, 1}}));
  add(world("flush", "somebody deletes everything", {{Fault::flush, 1}}));
  for (auto& settings : worlds) {
    if (settings.name == "deleted-state" || settings.name == "flush") settings.may_declare = settings.may_lose = true;
  }
  auto& full = add(world("journal-limit", "room for the messages of one lane only", {}));
  full.journal_limit = 6000;
}

// Pairs that are likely to meet, and three nodes.
void add_pairs(std::vector<WorldSettings>& worlds) {
  const auto add = [&](WorldSettings settings) -> WorldSettings& { return worlds.emplace_back(std::move(settings)); };
  add(world("crash+lost-reply", "", {{Fault::crash, 1}, {Fault::lose_reply, 1}}));
  add(world("cut+leader-change", "", {{Fault::cut_subscriber, 1}, {Fault::unlead, 1}}));
  add(world("stall+late-install", "a member is suspected, the call that removes it comes late, another stops",
            {{Fault::suspect, 1}, {Fault::cut_commands, 1}, {Fault::stall, 1}}));
  auto& late_sweep = add(world("late-sweep", "both lose their subscriptions; a leader's sweep comes late",
                               {{Fault::cut_subscriber, 2}, {Fault::cut_commands, 1}}));
  late_sweep.may_declare = true;  // nobody knows the end of a view that everybody lost
  late_sweep.held = 8;
  auto& forgetting = add(world("restart+forgetting", "the data goes back further than nodes remember",
                               {{Fault::save, 1}, {Fault::restart, 1}}));
  forgetting.idle = 9;
  forgetting.may_declare = forgetting.may_lose = true;
  add(world("leave+crash", "", {{Fault::leave, 1}, {Fault::crash, 1}}));
  add(world("start+lost-reply", "", {{Fault::lose_reply, 1}})).formed = false;
  worlds.back().may_declare = true;
  add(world("refusal+lost-reply", "", {{Fault::refuse, 1}, {Fault::lose_reply, 1}}));
  add(world("restart+cut", "", {{Fault::save, 1}, {Fault::restart, 1}, {Fault::cut_commands, 1}})).may_declare = true;
  add(world("restart-twice", "", {{Fault::save, 2}, {Fault::restart, 2}})).may_declare = true;
  add(world("leader-change-3", "three nodes", {{Fault::unlead, 1}})).nodes = 3;
  add(world("leave-3", "three nodes", {{Fault::leave, 1}})).nodes = 3;
  add(world("leave-all-3", "three nodes", {{Fault::leave, 3}})).nodes = 3;
  add(world("crash-3", "three nodes", {{Fault::crash, 1}})).nodes = 3;
  add(world("crash-twice-3", "three nodes", {{Fault::crash, 2}})).nodes = 3;
  add(world("suspicion-3", "three nodes", {{Fault::suspect, 1}})).nodes = 3;
}

}  // namespace

std::vector<WorldSettings> all_worlds() {
  std::vector<WorldSettings> worlds;
  add_single(worlds);
  add_pairs(worlds);
  return worlds;
}

}  // namespace tributary::explore
