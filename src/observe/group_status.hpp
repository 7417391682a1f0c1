#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/group/view.hpp"
#include "core/plan/desired.hpp"

/// A group as the server knows it, in one reading: for the monitor line, `status` and `demo`.
/// Values, no behaviour.
namespace tributary::observe {

/// A member: listed by the current view, or present (it beat within a lease), or both. The figures are those
/// it told with its last beat; what it did not tell is empty or 0.
struct MemberStatus {
  group::MemberId id;
  bool listed = false;
  bool present = false;
  std::uint32_t weight = 0;  ///< consumers the view gives it; 0: a standby
  std::uint64_t order = 0;   ///< of joining
  bool leaving = false;

  std::string host;
  std::string pid;
  std::string version;
  std::uint32_t consumers = 0;  ///< that its node runs
  std::uint64_t received = 0;   ///< messages
  std::uint64_t committed = 0;  ///< messages
  std::uint64_t backlog = 0;    ///< messages it owns and has not committed
  std::uint64_t journal_bytes = 0;
  std::uint64_t floor = 0;                   ///< lowest view for which it may still be of use
  std::string gaps;                          ///< "-": none
  std::optional<std::uint64_t> coverage_ms;  ///< how far back it keeps payloads
  std::optional<std::uint64_t>
      lag_ms;                  ///< of its oldest message that is not committed; nothing: not measured
  std::optional<double> rate;  ///< messages/s that it commits
  std::optional<std::uint32_t> capacity;  ///< of an agent; nothing: a fixed number of consumers
  std::optional<double> busy;             ///< consumers at a message, on average
  std::string state;                      ///< "paused" or "running", as the node sees it
  std::string why;                        ///< as the leader: why the group has so many consumers
  std::string kept;                 ///< messages it keeps because the processor fails, and why; empty: none
  std::string order_key;            ///< empty: none
  std::string journal_dir;          ///< empty: its journal is in memory
  std::uint64_t journal_limit = 0;  ///< bytes; 0: not told
  double journal_growth = 0;        ///< bytes/s

  std::optional<std::uint32_t>
      active;                         ///< consumers with a sign of life of their own; nothing: not looked at
  std::vector<std::uint32_t> silent;  ///< numbers of (some) consumers without one

  /// "host:pid", or its id if it did not tell.
  std::string name() const;
};

/// A lane that is not at its end, or whose end nobody knows yet.
struct LaneStatus {
  group::LaneId id;
  group::MemberId owner;  ///< empty: released
  std::uint64_t position = 0;
  std::optional<std::uint64_t> end;
  std::uint64_t deaths = 0;  ///< owners that died, one after the other, without moving the position
};

/// The life of one server process, remembered after it ended.
struct EpochStatus {
  std::string identity;
  std::uint64_t order = 0;
  std::uint64_t last_view = 0;  ///< number of the last view that survived
  std::string revived;          ///< views joined by +, or "-"
};

/// A journal directory whose node is not there: until its grace is over nothing that only it may hold is given up.
struct JournalStatus {
  std::string directory;  ///< its id
  std::string host;       ///< empty: not told
  group::MemberId member;
  std::uint64_t floor = 0;    ///< lowest view of which it may hold something
  std::uint64_t waits_s = 0;  ///< for so long
};

/// What operators asked for: the hash of the desired state.
struct DesiredStatus {
  plan::Desired desired;
  std::uint64_t revision = 0;           ///< 0: never changed by a command
  std::vector<std::string> complaints;  ///< what cannot be understood; nodes keep the last valid value
};

struct GroupStatus {
  group::ViewId view;  ///< empty: there is no such group
  std::string nonce;
  std::string protocol;
  std::string identity;         ///< of the server, when the view was made
  std::string server_identity;  ///< of the server, now; empty: it does not tell
  std::uint64_t tick = 0;
  std::string expelled;  ///< the last member whose messages differed from another's, and why; empty: none

  std::vector<MemberStatus> members;    ///< the listed ones in the view's order, then those only present
  group::MemberId leader;               ///< empty: none at the moment
  std::vector<LaneStatus> lanes;        ///< open ones, by view and index
  std::vector<EpochStatus> epochs;      ///< oldest first
  std::vector<JournalStatus> journals;  ///< that the group waits for, by host

  DesiredStatus desired;

  std::uint64_t consumers = 0;      ///< length of the list of consumers
  std::uint64_t entries_added = 0;  ///< to the output stream, ever; trimming does not change it
  std::uint64_t stream_length = 0;
  std::uint64_t dead_letters = 0;
  std::uint64_t losses = 0;      ///< lines in the loss ledger
  std::uint64_t duplicates = 0;  ///< messages not appended because their id was; since the state was created
  std::uint64_t ids_kept = 0;    ///< to recognise those by
  std::optional<std::uint64_t>
      dedup_window_ms;               ///< nothing: there is none, or nothing was appended with it yet
  std::uint64_t dedup_reach_ms = 0;  ///< how far back it really reaches
  std::uint64_t lost = 0;  ///< of these, since the group's state was created, what is known to be lost

  bool exists() const { return !view.empty(); }
  const MemberStatus* find(const group::MemberId& id) const;
  /// Nodes with a sign of life within the last lease.
  std::uint64_t nodes() const;
  /// Messages owned by present nodes and not committed.
  std::uint64_t backlog() const;
  /// False while a listed member tells nothing of what it holds back: then the backlog is at least that.
  bool backlog_known() const;
  /// Open lanes of views before the current one.
  std::vector<LaneStatus> old_lanes() const;
  /// Why the number of consumers is what it is, as the leader says; empty: it says nothing.
  std::string why() const;
  /// Consumers of the view, of agents and of nodes with a fixed number, that are not leaving.
  std::uint64_t weight(bool of_agents) const;
  bool has_agents() const;
  /// Consumers with a sign of life.
  std::uint64_t active() const;
  /// Consumers of present members without a sign of life.
  std::uint64_t stuck() const;
  /// Seconds until the first journal is full at its present growth; nothing if none grows.
  std::optional<double> journal_lasts_s() const;
  /// What messages are ordered by, the same for all nodes; empty: nothing, or nobody is there.
  std::string order_key() const;
  /// Present nodes whose journal is in files.
  std::uint64_t nodes_with_files() const;
  /// The least of what present nodes keep; nothing if none of them told.
  std::optional<std::uint64_t> coverage_ms() const;
};

/// From the answer of the status script: field, value, field, value. Fields that are missing or cannot be
/// understood are left at their defaults.
GroupStatus parse_group_status(const std::vector<std::string>& answer);

/// Leaves only those consumers silent that were silent in the reading before, too: one that a view has just
/// added has had no time for a sign of life.
void confirm_silence(GroupStatus& status, const GroupStatus& before);

/// Messages per second, from totals that are read again and again. Pure: told the time.
class RateMeter {
 public:
  /// The rate since the reading before. Nothing at the first reading, and at one below the reading before:
  /// then the count began anew (Redis went back in time, or the stream was deleted), and so does the meter.
  /// Two readings at the same time: the rate of before.
  std::optional<double> read(std::uint64_t total, TimeMs now);

 private:
  struct Reading {
    std::uint64_t total;
    TimeMs time;
  };
  std::optional<Reading> last_;
  std::optional<double> rate_;
};

}  // namespace tributary::observe
