#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "explore/history.hpp"
#include "explore/member.hpp"
#include "explore/pool.hpp"
#include "explore/server.hpp"

namespace tributary::explore {

inline constexpr std::size_t kMostNodes = 3;
inline constexpr std::size_t kMostZombies = 2;
inline constexpr Id kNone = UINT32_MAX;

enum class Fault : std::uint8_t {
  crash,           ///< kill -9
  cut_commands,    ///< requests under way may still be done, much later
  lose_reply,      ///< the command connection breaks between the effect of a call and its answer
  cut_subscriber,  ///< at once, or behind what is under way
  suspect,         ///< the leases of a member run out, though it is alive
  unlead,          ///< the leader's lease runs out: another may lead
  stall,           ///< a process stops for some beats
  lag,             ///< what a subscriber connection carries comes some beats late
  pause,           ///< the server stops for some beats
  hurry,           ///< a beat passes for one node while others are still busy
  refuse,          ///< a call is refused (NOSCRIPT), those behind it are done
  disk,            ///< the disk fails within a transaction: its entries are in, nothing else of it
  leave,
  save,          ///< the state that a later roll-back goes back to
  restart,       ///< another server process, with the saved data
  same_process,  ///< the same process, with the saved data
  nothing,       ///< another server process, without data
  delete_state,  ///< DEL of the state
  flush,         ///< FLUSHALL
  half_open,     ///< a subscriber connection, made or to be made, on which nothing comes any more
  start,         ///< a node begins that was not there
};
inline constexpr std::size_t kFaults = 21;
const char* name_of(Fault fault);
using Budget = std::array<std::uint8_t, kFaults>;

struct Step {
  enum class Kind : std::uint8_t {
    execute,
    answer,
    deliver,
    subscribe,
    connect,
    zombie,
    drop_zombie,
    publish,
    resume,
    fault,
    time
  };
  Kind kind = Kind::time;
  std::uint8_t node = 0;  ///< or which zombie
  Fault fault = Fault::crash;
  std::uint8_t variant = 0;
};

/// A small world: who is in it, and what may go wrong, how often.
struct WorldSettings {
  std::string name, about;
  std::uint32_t nodes = 2;
  std::uint32_t messages = 2;
  Budget budget{};
  std::uint32_t late = 0;  ///< of the nodes: those that are not there at first
  std::vector<Step> opening =
      {};                  ///< what has happened before; of it, only what the node that a step names does
  bool formed = true;      ///< begins with a group that is complete; else with nothing
  std::uint32_t idle = 1;  ///< beats that may pass while there is nothing to do
  std::uint32_t held = 4;  ///< beats that a stall, a lag, a pause or a late call may last
  std::uint32_t patience = 60;  ///< beats without any fault after which all must be done
  std::uint64_t journal_limit = 256ull << 20;
  bool may_declare = false;   ///< the loss ledger may have lines
  bool leavers_count = true;  ///< also what was received by a node that left must be in the stream
  bool may_lose = false;      ///< what is in a declared range need not be in the stream
  bool keyed = false;         ///< with an order key, and all messages have the same
  bool short_set = true;      ///< small enough for every change
};

/// The parts of all states, and what is known of how they change.
struct Parts {
  Pool<Member> members;
  Pool<ServerData> servers;
  Pool<History> histories;
  Pool<Request> requests;
  Pool<Event> events;
  Pool<Queue> queues;
  Memo<Outcome> outcomes;
  Memo<Effects> effects;
};

/// One node with its connections.
struct Slot {
  Id member = 0;
  Id requests = 0, answers = 0;  ///< queues of the command connection
  Id items = 0;                  ///< queue of the subscriber connection: events
  std::uint32_t flags = 0;

  enum Flag : std::uint32_t {
    alive = 1,
    commands_up = 2,
    subscribed = 4,  ///< the server copies what is published
    subscribe_wanted = 8,
    stalled = 16,
    lagging = 32,
    leaving = 64,
    ending = 128,  ///< the end of the subscriber connection is under way
    deaf = 256,    ///< nothing comes on the subscriber connection any more
    unborn = 512,  ///< has not begun
  };
  bool is(Flag flag) const { return (flags & flag) != 0; }
  void set(Flag flag, bool on) { flags = on ? flags | flag : flags & ~static_cast<std::uint32_t>(flag); }
};

/// Everything, as ids into the parts. Equal bytes mean equal states.
struct State {
  std::array<Slot, kMostNodes> slots{};
  Id server = 0;
  Id saved = kNone;
  Id history = 0;
  std::array<Id, kMostZombies> zombies{};  ///< queues of requests whose connection has ended
  std::uint8_t published = 0;
  std::uint8_t quiet = 0;  ///< beats since the last thing that need not have happened
  std::uint8_t idle = 0;   ///< beats that passed with nothing to do
  std::uint8_t held = 0;   ///< beats since something is held up
  std::uint8_t process = 1, replication = 1;
  std::uint8_t paused = 0;
  std::uint8_t spare = 0;
  Budget budget{};
  std::array<std::uint8_t, 3> padding{};
};
static_assert(std::has_unique_object_representations_v<State>);

/// The rules of one world: which steps there are, and where they lead.
class World {
 public:
  World(WorldSettings settings, const std::vector<sim::Scripts::Change>& broken);

  const WorldSettings& settings() const { return settings_; }
  const Parts& parts() const { return parts_; }
  State initial();
  /// Every step that is possible, those of time last. If there is nothing left to happen, none.
  void steps(const State& state, std::vector<Step>& out);
  State after(const State& state, const Step& step);
  /// What was found wrong in the last after() or steps(); empty: nothing.
  const std::string& violation() const { return violation_; }
  /// If set, after() says here what happens.
  void narrate(std::vector<std::string>* story) { story_ = story; }

  const Member& member(const State& state, std::size_t node) const {
    return parts_.members[state.slots[node].member];
  }
  const Facts& facts(Id server);
  const History& history(const State& state) const { return parts_.histories[state.history]; }

 private:
  bool faults(const State& state, std::vector<Step>& out) const;
  bool settled(const State& state) const;
  // The steps, one each.
  void answer(State& state, std::size_t node);
  void deliver(State& state, std::size_t node);
  void subscribe(State& state, std::size_t node);
  void publish_message(State& state);
  void resume(State& state, std::size_t node);
  void pass_time(State& state);

  // What faults do.
  void strike(State& state, const Step& step);
  void strike_node(State& state, const Step& step);
  void strike_server(State& state, const Step& step);
  void go_back(State& state, const Step& step);
  void meddle(State& state, const std::string& key);
  void end_subscription(State& state, std::size_t node, bool behind_the_rest);

  void happen(State& state, std::size_t node, Event event);
  void happen(State& state, std::size_t node, Id event);
  void check_receipt(const State& state, std::size_t node, const Receipt& receipt);
  void execute(State& state, Id request, std::size_t answer_to);
  void check_appended(const State& state, const Effects& effects);
  void check_order(const State& state, Id before, const Effects& effects);
  void check_closed(const State& state, const Effects& effects);
  void publish(State& state, Event item);
  void close_commands(State& state, std::size_t node, bool requests_survive);
  void start(Slot& slot, std::uint32_t index);
  void settle(State& state);
  void go_on(State& state, std::size_t node);
  void end(State& state, std::size_t node);
  void change_history(State& state, History history) {
    state.history = parts_.histories.put(std::move(history));
  }

  Id push(Id queue, Id item);
  Id pop(Id queue);
  Id front(Id queue) const { return parts_.queues[queue].items.front(); }
  bool empty(Id queue) const { return queue == no_items_; }
  void complain(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }
  void tell(const std::string& what) {
    if (story_) story_->push_back(what);
  }

  WorldSettings settings_;
  Parts parts_;
  ScriptRunner runner_;
  std::vector<std::unique_ptr<Facts>> facts_;  // by server
  std::vector<bool> checked_;                  // by server
  Memo<Id> queue_memo_;
  Id no_items_ = 0;
  std::string violation_;
  std::vector<std::string>* story_ = nullptr;
};

/// Whether nothing is left to do; otherwise why not.
std::string unfinished(World& world, const State& state);
/// What was received must be somewhere, and nothing declared that need not be. Only where
/// nothing is left to do.
std::string lost(World& world, const State& state);

}  // namespace tributary::explore
