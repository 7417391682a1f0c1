#include "explore/worlds.hpp"

#include <initializer_list>

namespace tributary::explore {
namespace {

struct Allowed {
  Fault fault;
  std::uint8_t times;
};

class List {
 public:
  /// For every change.
  WorldSettings& add(const char* name, const char* about, std::initializer_list<Allowed> faults) {
    auto& settings = worlds.emplace_back();
    settings.name = name;
    settings.about = about;
    for (const auto& allowed : faults)
      settings.budget[static_cast<std::size_t>(allowed.fault)] = allowed.times;
    return settings;
  }
  /// On request.
  WorldSettings& add_large(const char* name, const char* about, std::initializer_list<Allowed> faults) {
    auto& settings = add(name, about, faults);
    settings.short_set = false;
    return settings;
  }
  std::vector<WorldSettings> worlds;
};

// The server's data goes back: the ledger always has a line that says so.
void goes_back(WorldSettings& settings) { settings.may_declare = true; }

Step happens(Fault fault, std::uint8_t node = kMostNodes) { return {Step::Kind::fault, node, fault, 0}; }

void add_alone(List& list) {
  list.add("calm", "nothing goes wrong", {}).messages = 3;
  auto& start = list.add("start", "both begin at once, with nothing there", {});
  start.formed = false;
  start.may_declare = true;  // what came before the first view
  list.add("hurry", "one node's beat runs ahead of what is under way", {{Fault::hurry, 1}});
  list.add("crash", "a process is killed", {{Fault::crash, 1}}).messages = 3;
  list.add("cut-commands", "a command connection breaks; what is under way is done later, or never",
           {{Fault::cut_commands, 1}});
  list.add("lost-reply", "a command connection breaks between effect and answer", {{Fault::lose_reply, 1}});
  list.add("cut-subscriber", "a subscriber connection breaks", {{Fault::cut_subscriber, 1}});
  list.add("suspicion", "the leases of a member run out that is alive", {{Fault::suspect, 1}});
  list.add("leader-change", "the leader's lease runs out: another leads too", {{Fault::unlead, 1}}).messages =
      3;
  list.add("stall", "a process stops and goes on later", {{Fault::stall, 1}});
  list.add("lag", "what was published comes late to one node", {{Fault::lag, 1}}).messages = 1;
  list.add("pause", "the server stops and goes on later", {{Fault::pause, 1}});
  list.add("refusal", "the server refuses a call, and does those behind it", {{Fault::refuse, 1}}).messages =
      3;
  list.add("disk", "the disk fails within a transaction", {{Fault::disk, 1}}).messages = 3;
  list.add("leave", "one node leaves", {{Fault::leave, 1}});
  auto& both = list.add("leave-both", "both nodes leave", {{Fault::leave, 2}});
  both.messages = 1;
  both.may_declare = true;  // what comes after the last one began to leave
  auto& restart =
      list.add("restart", "another server process, with older data", {{Fault::save, 1}, {Fault::restart, 1}});
  restart.messages = 1;
  restart.idle = 0;
  goes_back(restart);
  auto& same = list.add("same-process", "the same server process, with older data",
                        {{Fault::save, 1}, {Fault::same_process, 1}});
  same.messages = 1;
  goes_back(same);
  auto& nothing = list.add("to-nothing", "another server process, without data", {{Fault::nothing, 1}});
  nothing.messages = 1;
  nothing.idle = 0;
  goes_back(nothing);
  auto& deleted = list.add("deleted-state", "somebody deletes the state", {{Fault::delete_state, 1}});
  deleted.may_declare = deleted.may_lose = true;
  auto& flush = list.add("flush", "somebody deletes everything", {{Fault::flush, 1}});
  flush.may_declare = flush.may_lose = true;
  auto& full = list.add("journal-limit", "room for the messages of one lane only", {});
  full.journal_limit = 6000;
  full.idle = 7;
}

// What waits for a peer, or for nobody.
void add_waits(List& list) {
  auto& deaf =
      list.add("half-open", "nothing comes any more on a subscriber connection", {{Fault::half_open, 1}});
  deaf.messages = 1;
  auto& full = list.add("half-open+limit", "the same, where there is room for the messages of one lane only",
                        {{Fault::half_open, 1}});
  full.journal_limit = 6000;
  full.may_declare = full.may_lose = true;  // the one that hears may have given up the lane of the other
  auto& silent = list.add("silent-subscription", "a subscription breaks, the next one is never confirmed",
                          {{Fault::cut_subscriber, 1}, {Fault::half_open, 1}});
  silent.messages = 1;
  silent.may_declare = true;  // one breaks, and the other is half-open: nobody hears the end of the view
  auto& late = list.add("start-late", "a node begins beside one that is there", {{Fault::start, 1}});
  late.late = 1;
  auto& last =
      list.add("start+leave", "one begins while the last one leaves", {{Fault::start, 1}, {Fault::leave, 1}});
  last.late = 1;
  last.messages = 1;
  last.may_declare = true;  // what comes when nobody is there
}

// With an order key, and all messages of one key. What a member has of it moves with every view.
void add_keyed(List& list) {
  const auto keyed = [&](const char* name, const char* about,
                         std::initializer_list<Allowed> faults) -> WorldSettings& {
    auto& settings = list.add(name, about, faults);
    settings.keyed = true;
    return settings;
  };
  keyed("keyed-calm", "all messages have one key", {}).messages = 3;
  keyed("keyed-start-late", "a node begins beside one that is there", {{Fault::start, 1}}).late = 1;
  keyed("keyed-crash", "a process is killed", {{Fault::crash, 1}});
  keyed("keyed-suspicion", "the leases of a member run out that is alive", {{Fault::suspect, 1}});
  keyed("keyed-leave", "one node leaves", {{Fault::leave, 1}});
  keyed("keyed-cut-subscriber", "a subscriber connection breaks", {{Fault::cut_subscriber, 1}});
  keyed("keyed-lost-reply", "a command connection breaks between effect and answer",
        {{Fault::lose_reply, 1}});
  auto& restart = keyed("keyed-restart", "another server process, with older data",
                        {{Fault::save, 1}, {Fault::restart, 1}});
  restart.idle = 0;
  goes_back(restart);
  auto& same = keyed("keyed-same-process", "the same server process, with older data",
                     {{Fault::save, 1}, {Fault::same_process, 1}});
  goes_back(same);
  auto& refusal =
      keyed("keyed-refusal", "the server refuses a call, and does those behind it, while somebody begins",
            {{Fault::start, 1}, {Fault::refuse, 1}});
  refusal.late = 1;
  refusal.may_declare = true;  // what came before the first view of who begins
  auto& reopened = keyed("keyed-reopened", "the same process, with data of before what came first was done",
                         {{Fault::start, 1}, {Fault::save, 1}, {Fault::same_process, 1}});
  reopened.late = 1;
  reopened.idle = 0;
  goes_back(reopened);
  auto& lost = keyed("keyed-lost", "the server lost a view that one node read and the other did not", {});
  lost.nodes = 3;
  lost.late = 1;
  lost.opening = {happens(Fault::save),
                  happens(Fault::start, 2),
                  {Step::Kind::publish, 0},
                  happens(Fault::crash, 2),
                  happens(Fault::restart)};
  goes_back(lost);
}

void add_keyed_large(List& list) {
  const auto keyed = [&](const char* name, const char* about,
                         std::initializer_list<Allowed> faults) -> WorldSettings& {
    auto& settings = list.add_large(name, about, faults);
    settings.keyed = true;
    return settings;
  };
  const auto three = [&](const char* name, std::initializer_list<Allowed> faults) -> WorldSettings& {
    auto& settings = keyed(name, "three nodes", faults);
    settings.nodes = 3;
    return settings;
  };
  three("keyed-crash-3", {{Fault::crash, 1}});
  three("keyed-start-late-3", {{Fault::start, 1}}).late = 1;
  three("keyed-leave-3", {{Fault::leave, 1}});
  three("keyed-suspicion-3", {{Fault::suspect, 1}}).messages = 1;
  auto& crash = keyed("keyed-restart+crash", "the data goes back, a process is killed",
                      {{Fault::save, 1}, {Fault::restart, 1}, {Fault::crash, 1}});
  goes_back(crash);
  auto& nothing = keyed("keyed-to-nothing", "another server process, without data; somebody begins",
                        {{Fault::start, 1}, {Fault::nothing, 1}});
  nothing.late = 1;
  nothing.idle = 0;
  nothing.may_declare = nothing.may_lose =
      true;  // if who begins is the first to be back, it is another group
  auto& late = keyed("keyed-restart+start", "the data goes back to before somebody joined",
                     {{Fault::save, 1}, {Fault::restart, 1}, {Fault::start, 1}});
  late.late = 1;
  goes_back(late);
  auto& cut = keyed("keyed-restart+cut", "the data goes back to before somebody joined anew",
                    {{Fault::restart, 1}, {Fault::cut_subscriber, 1}});
  cut.opening = {happens(Fault::save)};
  cut.idle = 0;
  goes_back(cut);
}

// Pairs that are likely to meet, and three nodes.
void add_together(List& list) {
  list.add("crash+lost-reply", "", {{Fault::crash, 1}, {Fault::lose_reply, 1}});
  list.add("cut+leader-change", "a subscriber connection breaks while the leader changes",
           {{Fault::cut_subscriber, 1}, {Fault::unlead, 1}})
      .messages = 1;
  auto& leave_crash = list.add("leave+crash", "", {{Fault::leave, 1}, {Fault::crash, 1}});
  leave_crash.leavers_count = false;
  leave_crash.may_declare = true;  // what comes after the last one began to leave
  list.add("refusal+lost-reply", "", {{Fault::refuse, 1}, {Fault::lose_reply, 1}}).messages = 1;
  list.add("disk+cut-commands", "", {{Fault::disk, 1}, {Fault::cut_commands, 1}});
  list.add_large("refusal+lost-reply-more", "", {{Fault::refuse, 1}, {Fault::lose_reply, 1}});
  auto& leader = list.add("leader-change-3", "three nodes", {{Fault::unlead, 1}});
  leader.nodes = 3;
  leader.messages = 1;
  auto& leave = list.add("leave-3", "three nodes, one leaves", {{Fault::leave, 1}});
  leave.nodes = 3;
  leave.messages = 1;
  auto& crash = list.add("crash-3", "three nodes, one is killed", {{Fault::crash, 1}});
  crash.nodes = 3;
}

void add_large(List& list) {
  list.add_large("calm-long", "", {}).messages = 8;
  auto& start = list.add_large("start-3", "three nodes begin at once", {});
  start.nodes = 3;
  start.formed = false;
  start.may_declare = true;
  list.add_large("hurry-more", "", {{Fault::hurry, 3}});
  list.add_large("late-install", "a member is suspected, the call that removes it comes late",
                 {{Fault::suspect, 1}, {Fault::cut_commands, 1}})
      .messages = 1;
  list.add_large("stall+late-install",
                 "a member is suspected, the call that removes it comes late, another stops",
                 {{Fault::suspect, 1}, {Fault::cut_commands, 1}, {Fault::stall, 1}});
  auto& sweep = list.add_large("late-sweep", "both lose their subscriptions; a leader's sweep comes late",
                               {{Fault::cut_subscriber, 2}, {Fault::cut_commands, 1}});
  sweep.may_declare = true;  // nobody knows the end of a view that everybody lost
  sweep.messages = 1;
  sweep.held = 8;
  goes_back(list.add_large("restart-more", "", {{Fault::save, 1}, {Fault::restart, 1}}));
  goes_back(list.add_large("same-process-more", "", {{Fault::save, 1}, {Fault::same_process, 1}}));
  goes_back(list.add_large("to-nothing-more", "", {{Fault::nothing, 1}}));
  auto& forgetting = list.add_large("restart+forgetting", "the data goes back further than nodes remember",
                                    {{Fault::save, 1}, {Fault::restart, 1}});
  forgetting.messages = 1;
  forgetting.idle = 9;
  forgetting.may_declare = forgetting.may_lose = true;
  auto& twice = list.add_large("restart-twice", "", {{Fault::save, 2}, {Fault::restart, 2}});
  twice.messages = 1;
  goes_back(twice);
  auto& back_cut =
      list.add_large("restart+cut", "", {{Fault::save, 1}, {Fault::restart, 1}, {Fault::cut_commands, 1}});
  back_cut.messages = 1;
  goes_back(back_cut);
  auto& back_crash =
      list.add_large("restart+crash", "", {{Fault::save, 1}, {Fault::restart, 1}, {Fault::crash, 1}});
  back_crash.messages = 1;
  goes_back(back_crash);
  list.add_large("cut-both", "both kinds of connection break",
                 {{Fault::cut_commands, 1}, {Fault::cut_subscriber, 1}});
  auto& cuts = list.add_large("cut-subscriber-twice", "", {{Fault::cut_subscriber, 2}});
  cuts.may_declare = true;
  auto& lost_start = list.add_large("start+lost-reply", "", {{Fault::lose_reply, 1}});
  lost_start.formed = false;
  lost_start.may_declare = true;
  auto& lost_leave = list.add_large("leave+lost-reply", "", {{Fault::leave, 1}, {Fault::lose_reply, 1}});
  lost_leave.messages = 1;
  auto& slow_leave =
      list.add_large("leave+stall", "one leaves while the other stops: it may hand over what both hold",
                     {{Fault::leave, 1}, {Fault::stall, 1}});
  slow_leave.messages = 1;
  slow_leave.held = 12;
  auto& last = list.add_large("start+leave-both", "both leave, whichever was there first",
                              {{Fault::start, 1}, {Fault::leave, 2}});
  last.late = 1;
  last.messages = 1;
  last.may_declare = true;
  auto& killed = list.add_large("start+leave+crash", "one begins while the last one leaves; one is killed",
                                {{Fault::start, 1}, {Fault::leave, 1}, {Fault::crash, 1}});
  killed.late = 1;
  killed.messages = 1;
  killed.may_declare = true;
  killed.leavers_count = false;
  auto& deaf = list.add_large("half-open-more", "", {{Fault::half_open, 2}});
  deaf.messages = 1;
  deaf.may_declare = deaf.may_lose = true;  // nobody knows the end of a view that everybody lost
  auto& full = list.add_large("journal-limit+crash", "", {{Fault::crash, 1}});
  full.journal_limit = 6000;
  full.may_declare = full.may_lose = true;
  const auto three = [&](const char* name, std::initializer_list<Allowed> faults) -> WorldSettings& {
    auto& settings = list.add_large(name, "three nodes", faults);
    settings.nodes = 3;
    settings.messages = 1;
    return settings;
  };
  three("leave-all-3", {{Fault::leave, 3}}).may_declare = true;
  auto& leave_crash = three("leave+crash-3", {{Fault::leave, 1}, {Fault::crash, 1}});
  leave_crash.leavers_count = false;
  leave_crash.may_declare = true;
  three("cut+leader-change-3", {{Fault::cut_subscriber, 1}, {Fault::unlead, 1}});
  three("crash-twice-3", {{Fault::crash, 2}}).messages = 2;
  three("suspicion-3", {{Fault::suspect, 1}});
  three("lost-reply-3", {{Fault::lose_reply, 1}});
  goes_back(three("restart-3", {{Fault::save, 1}, {Fault::restart, 1}}));
}

}  // namespace

std::vector<WorldSettings> all_worlds() {
  List list;
  for (const auto add : {add_alone, add_waits, add_together, add_keyed, add_large, add_keyed_large})
    add(list);
  return std::move(list.worlds);
}

}  // namespace tributary::explore
