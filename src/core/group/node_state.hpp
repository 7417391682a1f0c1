#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.hpp"
#include "core/group/actions.hpp"
#include "core/group/beat_clock.hpp"
#include "core/group/held_view.hpp"
#include "core/group/lane_work.hpp"
#include "core/group/view.hpp"
#include "core/plan/autoscale.hpp"
#include "core/plan/desired.hpp"

/// What a Node knows, by concern. All of it are copyable values. What must hold of them at any time stands
/// here and is checked by Node::check_invariants().
namespace tributary::group {

/// A call that has no answer yet.
struct PendingCall {
  Script script;
  TimeMs sent_at;
  MemberId member;                   ///< under which it was made
  LaneId lane;                       ///< claim, commit
  ViewId view;                       ///< revive; of a beat: the view being read when it was made
  std::uint64_t serial = 0;          ///< commit
  std::uint64_t first = 0, end = 0;  ///< ranks of a commit, none of a release; of a declare: how many lines
  bool over = false;  ///< of a former member: the answer is not wanted any more, but still owed by the server
};

/// The two connections, and what is under way on the one for commands. Invariant: no call is pending without
/// a connection for commands; ids ascend in the order of the calls.
struct Connections {
  bool commands_up = false;
  bool subscriber_up = false;
  bool connecting = false;  ///< a subscriber was asked for and has not come
  TimeMs connect_at = 0;    ///< not before; if it was asked for: since when
  TimeMs patience_ms = 0;   ///< so long it is waited for; 0: two leases
  TimeMs heard_at = 0;      ///< something came on the subscriber connection, or reading began again
  std::string run_id;       ///< of the server that the subscriber is connected to
  Identity identity;        ///< of the server, when the connection for commands was made
  std::map<CallId, PendingCall> calls;
  CallId last_call = 0;

  bool pending(Script script) const {
    return std::any_of(calls.begin(), calls.end(),
                       [&](const auto& c) { return c.second.script == script && !c.second.over; });
  }
};

/// Who this node is in the group. Invariant: who has joined has a nonce and an identity, and reads a
/// subscriber connection unless it departs.
struct Membership {
  MemberId id;
  std::vector<MemberId> former;  ///< since the last confirmed join
  bool joined = false;
  TimeMs join_at = 0;
  TimeMs join_backoff_ms = 0;
  GroupNonce nonce;
  Identity identity;
  std::vector<Identity>
      seen;  ///< the last ones it joined under, this one included: whatever became of their data
  std::uint64_t joined_view = 0;    ///< number of the view the last join made
  std::uint64_t highest_seen = 0;   ///< of any view in any marker or answer
  std::uint64_t last_marker = 0;    ///< number, on this connection, of the epoch joined
  std::uint64_t last_tick = 0;      ///< read
  std::uint64_t answered_tick = 0;  ///< by the last beat
  std::optional<Counted> counted;
  /// Messages of this connection that are in no view that it reads: since its last marker, whosever; and
  /// those known to be nobody's, since nobody was there.
  std::uint64_t unplaced = 0, nobodys = 0;
  bool covered = true;  ///< the last marker read listed somebody; before the first one, nobody knows
  JoinAnswer::Before before = JoinAnswer::Before::silent;  ///< the last join
  bool told_full = false;
  bool marker_read = false;  ///< own marker, since the last join
  std::uint32_t weight = 0;  ///< consumers that the view gives this node
  TimeMs last_mismatch_at = -1;
};

/// When it beats, and how that goes.
struct Beats {
  TimeMs at = 0;
  bool again = false;  ///< once more as soon as the one under way is answered
  TimeMs last_success_at = -1;
  TimeMs unbroken_since = -1;
  BeatClock clock;
};

/// What the leader has in mind; empty on others.
struct Leadership {
  struct Watched {
    std::uint64_t position;
    TimeMs since;
  };
  bool leading = false;
  std::map<LaneId, Watched> watched;  ///< lanes whose owner is gone
  plan::Autoscaler scaler;
  std::string why;  ///< the group has the number of consumers it has
};

/// The lanes this node owns, and their commits.
///
/// A commit goes as a transaction only where all of one will be done: the server said so on this connection,
/// and the last answer was a good one, so nothing is unclear that only the script sorts out.
///
/// Invariant: in order of lanes, each once, each of a held view; in_flight is the number of pending commits.
struct Work {
  std::deque<LaneWork> lanes;
  bool transactions = false;         ///< the server does all of one, on this connection
  bool steady = false;               ///< the last answer to a commit, on this connection, was a good one
  std::vector<Unsettled> unsettled;  ///< never appended again, but told to the server as soon as it listens
  std::optional<Ending> ending;      ///< what ends this node once that is done
  std::uint64_t last_serial = 0;
  std::uint32_t in_flight = 0;
  TimeMs commit_at = 0;  ///< not before
  TimeMs backoff_ms = 0;
  std::string trouble;  ///< last told

  /// The range that has this message, or else the first one behind it; nothing if there is neither.
  const Unsettled* unsettled_from(const LaneId& lane, std::uint64_t rank) const {
    const Unsettled* next = nullptr;
    for (const auto& range : unsettled) {
      if (range.lane == lane && range.end > rank && (!next || range.first < next->first)) next = &range;
    }
    return next;
  }
  LaneWork* find(const LaneId& lane) {
    const auto found =
        std::find_if(lanes.begin(), lanes.end(), [&](const auto& work) { return work.lane == lane; });
    return found == lanes.end() ? nullptr : &*found;
  }
  const LaneWork* find(const LaneId& lane) const { return const_cast<Work*>(this)->find(lane); }
};

/// By keys: what the last beat's answer told of what comes first. All of it is of the present identity.
struct Order {
  std::uint64_t answered_view = 0;  ///< number of the view that it named; 0: there was none yet
  /// Number of the first view that has an open lane and that this node never read.
  std::uint64_t first_unread = UINT64_MAX;
  /// Of views below this number nobody who is present holds anything that the server does not know to be open.
  std::uint64_t known_below = 0;
  TimeMs waits_since = -1;  ///< messages wait for their turn; -1: none do
  TimeMs ask_at = 0;        ///< then it asks the server more often
  bool told = false;        ///< that they wait
};

/// The journals, and how full they are. Invariant: only the last view grows; each view is there once.
struct Journals {
  std::deque<HeldView> views;
  journal::StorageLink storage;  ///< where they are kept, if not in memory alone
  bool may_read = true;
  bool behind_on_purpose = false;  ///< reading stopped, and has not caught up since
  bool told_full = false;
  bool told_short = false;      ///< that the storage has no room
  TimeMs forgot_early_at = -1;  ///< beat clock
  bool wants_view = false;      ///< with lanes for those that were given up
  TimeMs wants_view_at = 0;

  HeldView* find(const ViewId& view) {
    const auto found =
        std::find_if(views.begin(), views.end(), [&](const auto& held) { return held.view.id == view; });
    return found == views.end() ? nullptr : &*found;
  }
  const HeldView* find(const ViewId& view) const { return const_cast<Journals*>(this)->find(view); }
  HeldView* growing() { return !views.empty() && views.back().growing ? &views.back() : nullptr; }
  const HeldView* growing() const { return const_cast<Journals*>(this)->growing(); }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const auto& held : views) sum += held.journal.bytes();
    return sum;
  }
};

/// How far it is on its way out: wanted -> asked (to begin) -> standby, which finishes what it has -> asked_off (the list)
/// -> gone, or departs: a marker that does not list it has ended what it received, and it finishes the rest of its lanes as
/// a member no more. A refusal leads back to wanted.
struct Leaving {
  enum class Stage { no, wanted, asked, standby, asked_off, departing, at_once };
  Stage stage = Stage::no;
  std::uint64_t view = 0;  ///< number of the view from which on it leaves
  TimeMs standby_since = 0;
  std::uint64_t handed_over = 0;
  bool drained = false;
  bool left = false;  ///< the server said so
  TimeMs called_at = 0;

  bool going_off() const { return stage == Stage::asked_off || stage == Stage::departing; }
};

/// What operators want, and what this node makes of it.
struct Wishes {
  plan::Desired desired;
  std::vector<std::string> complaints;
  bool found_running = false;  ///< some answer said that the group is not stopped
};

/// What the shell told of this node's consumers.
struct Consumers {
  std::vector<std::uint32_t> active;
  double busy = 0;
  bool hanging = false;  ///< all of them, and none can be replaced
};

/// Since when nothing was received.
struct Idleness {
  std::uint64_t received = 0;  ///< at the last look
  TimeMs since = -1;
};

}  // namespace tributary::group
