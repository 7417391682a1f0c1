#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/check/checker.hpp"
#include "sim/world/environment.hpp"
#include "sim/world/faults.hpp"
#include "sim/world/server.hpp"
#include "sim/world/worker.hpp"

namespace tributary::sim {

/// How one run came out.
struct Outcome {
  std::string violation;  ///< empty: passed
  std::string scenario;   ///< in one line
  std::vector<std::string> trace;
  std::uint64_t events = 0, scripts = 0, messages = 0, appended = 0, views = 0;
  TimeMs simulated_ms = 0;
  TimeMs quiet_ms = 0;  ///< from the end of the faults until nothing was left to do
  TimeMs left_ms = 0;   ///< from asking all to leave until all had left
  FaultCounts faults{};
};

struct RunSettings {
  std::uint64_t seed = 1;
  bool traced = false;
  bool loud = false;          ///< print the trace as it comes
  std::vector<Fault> faults;  ///< only these kinds; empty: as the seed has it
  bool keyed = false;         ///< in order by key, else as the seed has it
};

/// One simulated world from one seed: a few nodes, a Redis, publishers and faults. First everything goes
/// wrong while the safety invariants are checked; then the faults end, and everything must come to its end in
/// bounded time.
class World final : ServerClients {
 public:
  World(Scripts& scripts, const RunSettings& settings);
  Outcome run();

 private:
  struct Scenario {
    std::size_t nodes = 2;
    TimeMs beat_ms = 500, lease_ms = 2000, window_ms = 5000;
    TimeMs duration_ms = 8000;
    std::uint64_t messages = 100;
    std::uint64_t batch_size = 100, stream_maxlen = 0;
    bool anchored = false, mixed = false, inline_processing = true, zombies = false;
    bool bus = false;                     // of a cluster
    bool keyed = false;                   // in order by key
    bool hasty = false;                   // all leave as soon as the faults end
    std::optional<std::uint32_t> poison;  // a message that ends whoever works on it
    group::IdWindow ids;                  // nothing twice by id
    bool small_journals = false;          // of some nodes: they forget early, and stop reading
    bool directories = false;             // who is killed and started again finds its journal
    std::vector<Fault> kinds;
    std::size_t strikes = 3;
  };

  static Scenario make_scenario(Environment& environment, const RunSettings& settings);
  std::string describe() const;

  // ServerClients
  void on_answer(const std::shared_ptr<CommandLink>& link, group::CallId call,
                 const group::Answer& answer) override;
  void on_commands_end(const std::shared_ptr<CommandLink>& link) override;
  bool on_readable(const std::shared_ptr<SubscriberLink>& link) override;

  /// What becomes of a process's journal directory, if it has one, before the next one of the same node begins.
  enum class Directory { whole, torn, old };
  void start_worker(std::size_t slot, TimeMs at, Directory directory = Directory::whole);
  std::shared_ptr<journal::Disk> directory_for(std::size_t slot, std::size_t index, Directory directory);
  void plan_publishing();
  void plan_faults();
  void publish();
  bool run_until(TimeMs time);
  template <class Condition>
  bool run_until_true(TimeMs bound_ms, Condition condition, const std::string& what);
  void heal();
  std::string not_quiet();
  bool strikes(Fault fault) const;
  bool quieten();
  bool leave_together();
  std::string holder(const Checker& by, const std::string& view, std::uint32_t lane,
                     std::uint64_t position) const;
  void check_losses();
  void check_found(bool declared_will_do, bool history);
  void check_peace();
  void finish();

  // strikes.cpp
  void strike(Fault fault);
  void desire(const std::string& field, const std::string& value);
  void strike_node(Fault fault, Worker& victim);
  void strike_server(Fault fault);
  Worker* victim(bool anchor_too);
  void late_return(Worker& worker);
  void leave_all();
  void kill_all();
  TimeMs back_at();
  void leave_primary_alone(TimeMs longest_ms, bool half_open);
  std::string foreign_message();

  RunSettings settings_;
  Environment environment_;
  Scenario scenario_;
  Checker checker_;
  Server server_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::size_t> slots_;                   // of each worker: which node it is an incarnation of
  std::map<std::size_t, std::size_t> goes_on_from_;  // worker: of whose journal it has all
  std::map<std::size_t, std::unique_ptr<journal::Disk>> old_copies_;  // of directories, by slot
  std::set<std::size_t> incomplete_;  // workers of whose journal something was not written
  std::size_t slots_used_ = 0;
  std::size_t starts_ahead_ = 0;
  std::vector<std::size_t> survivors_;  // workers alive when the faults ended
  std::uint32_t published_ = 0;
  bool healed_ = false;
  TimeMs quiet_ms_ = 0, left_ms_ = 0;
  FaultCounts counts_{};
  int poisoned_ = 0;  // processes that the poison ended
};

}  // namespace tributary::sim
