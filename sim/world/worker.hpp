#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/group/node.hpp"
#include "core/journal/disk.hpp"
#include "sim/world/environment.hpp"
#include "sim/world/server.hpp"

namespace tributary::sim {

/// Who watches what a worker receives: the checkers.
struct WorkerWatcher {
  virtual ~WorkerWatcher() = default;
  /// Item `item` of a life was handed to the worker's node.
  virtual void on_received(std::size_t worker, const group::Node& node, std::size_t life,
                           const Life::Item& item) = 0;
  virtual void on_finished(std::size_t worker, const std::optional<group::Ending>& why) = 0;
};

struct WorkerSettings {
  std::size_t index = 0;
  group::NodeSettings node;
  std::uint64_t batch_size = 100;
  std::uint64_t stream_maxlen = 0;
  group::IdWindow ids;  ///< nothing twice by id; then messages repeat ids of earlier ones
  bool mixed_entries =
      false;           ///< some messages get further fields, some go to the dead letters, some are dropped
  bool keyed = false;  ///< messages are in order by key_of()
  std::optional<std::uint32_t> poison;  ///< this message ends every process that works on it
  std::function<void()> on_poisoned;    ///< called after that
  std::shared_ptr<journal::Disk>
      disk;  ///< its journal directory, with what an earlier process left; may be none
};

/// What becomes of a message, by its number; the checkers ask, too.
enum class Fate { plain, general, dead, dropped };
Fate fate_of(std::uint32_t message, bool mixed_entries);
/// Its id; where they are `repeated`, that of an earlier message is among a third of them.
std::string id_of(std::uint32_t message, bool repeated);
std::string payload_of(std::uint32_t message, bool repeated_ids = false);
std::string channel_of(std::uint32_t message);
/// What messages are in order by, where there is a key; empty: this one has none.
std::string key_of(std::uint32_t message);

/// One process of a node: does for the core what the relay does (src/relay/relay.cpp), against the
/// simulated server.
class Worker {
 public:
  Worker(Environment& environment, Server& server, WorkerWatcher& watcher, WorkerSettings settings,
         std::uint64_t seed);

  void start();
  void leave();
  /// SIGKILL.
  void crash();
  /// SIGSTOP, and SIGCONT after `duration_ms`.
  void stall(TimeMs duration_ms);
  void resume();
  /// No new connection succeeds until then.
  void isolate_until(TimeMs time) { isolated_until_ = time; }
  /// The next connections for subscribing, until then: they are made, and nothing ever comes on them.
  void silence_subscriptions_until(TimeMs time) { silent_until_ = time; }
  /// Its consumers are done with at most `pace` messages in a round until then; with none if it is 0.
  void slow_processing_until(TimeMs time, std::uint64_t pace) {
    slow_until_ = time;
    slow_pace_ = pace;
  }
  void rejoin_network() { isolated_until_ = silent_until_ = slow_until_ = 0; }

  bool alive() const { return alive_; }
  bool finished() const { return finished_; }
  bool left() const { return left_; }  ///< and the group knows
  bool leaving() const { return leaving_; }
  bool stalled() const { return stalled_; }
  TimeMs resumed_at() const { return resumed_at_; }
  const group::Node& node() const { return node_; }
  std::size_t index() const { return settings_.index; }
  /// What is there of it for the next process; none if it has no journal directory.
  const std::shared_ptr<journal::Disk>& disk() const { return settings_.disk; }
  /// Nothing more can be written into it until then.
  void fill_disk_until(TimeMs time);
  const std::shared_ptr<CommandLink>& commands() const { return commands_; }
  const std::shared_ptr<SubscriberLink>& subscriber() const { return subscriber_; }

  void on_answer(group::CallId call, const group::Answer& answer);
  void on_commands_end();
  bool on_readable(const std::shared_ptr<SubscriberLink>& link);
  /// Runs now, or once the process is continued; never if it is dead.
  void when_running(std::function<void()> action);

 private:
  void round();
  void pump();
  void carry_out(const group::Action& action);
  void send_commit(const group::CommitPlan& plan);
  bool dies_of(const group::CommitPlan& plan) const;
  group::Arguments move(const group::CommitPlan& plan) const;
  group::Arguments entries(const group::CommitPlan& plan, std::uint64_t& end);
  void process_some();
  void load_scripts();
  void open_commands();
  void try_commands(TimeMs give_up_at, std::uint64_t attempt);
  void reconnect_commands();
  void open_subscriber();
  void try_subscriber(TimeMs give_up_at, std::uint64_t attempt);
  void close_commands();
  void close_subscriber();
  void note(const std::string& text);

  Environment& environment_;
  Server& server_;
  WorkerWatcher& watcher_;
  WorkerSettings settings_;
  group::Node node_;
  std::shared_ptr<CommandLink> commands_;
  std::shared_ptr<SubscriberLink> subscriber_;
  std::uint64_t commands_attempt_ = 0, subscriber_attempt_ = 0;
  TimeMs backoff_ms_ = 0;
  std::set<std::uint32_t> skipped_;                   // messages that were once taken for duplicates
  std::map<group::LaneId, std::uint64_t> processed_;  // ready ranks
  TimeMs isolated_until_ = 0, silent_until_ = 0, slow_until_ = 0;
  std::uint64_t slow_pace_ = 0;
  bool alive_ = true, left_ = false, finished_ = false, leaving_ = false, stalled_ = false, pumping_ = false;
  std::uint64_t stalls_ = 0;
  TimeMs resumed_at_ = -1;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace tributary::sim
