#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/time.hpp"
#include "core/group/view.hpp"

/// Every call of a script and every answer to one, as a type: the only place that knows which argument stands
/// where and how it is written. What the scripts do with them stands at their heads (src/redis/scripts).
namespace tributary::group {

/// The scripts by name.
enum class Script { join, beat, install, claim, sweep, leave, revive, declare, commit, status, desire };

using Arguments = std::vector<std::string>;
using Fields = std::vector<std::pair<std::string, std::string>>;

/// Who calls: the first three arguments of every script but commit.
struct Caller {
  std::string group;
  MemberId member;
  GroupNonce nonce;  ///< of the group it joined; empty: none yet
};

// --- calls

struct JoinCall {
  Caller caller;
  std::uint32_t weight = 0;
  std::vector<MemberId> former;    ///< what this node was before
  std::uint64_t highest_view = 0;  ///< highest number of any view it ever saw
  std::string fingerprint, protocol;
  std::string view_nonce, group_nonce;
  TimeMs list_life_ms = 0, lease_ms = 0;
  std::vector<Identity> seen;  ///< of views it saw
  std::vector<ViewId> holds;   ///< views that it has a journal of: lanes of these go on in it
  Fields presence;
};

/// What a member had counted when it read a tick.
struct Counted {
  std::uint64_t tick = 0;
  ViewId view;
  std::uint64_t count = 0;
  std::string digest;
};
/// The first message of a lane that a member holds, where it lacks those before.
struct Gap {
  LaneId lane;
  std::uint64_t position = 0;
};
/// Of a view whose end a member read: its last position, and the last one of each lane.
struct Length {
  ViewId view;
  std::uint64_t length = 0;
  std::vector<std::uint64_t> ends;
};
struct Highest {
  ViewId view;
  std::uint64_t position = 0;
};

struct BeatCall {
  Caller caller;
  std::uint64_t last_tick = 0;
  std::optional<Counted> counted;
  std::uint64_t floor = 0;
  std::vector<Gap> gaps;
  std::vector<Length> lengths;
  std::optional<Highest> highest;  ///< position of the last message read
  TimeMs lease_ms = 0, list_life_ms = 0;
  std::uint64_t allowed_lag = 0;  ///< ticks it may be behind
  std::string view_nonce;         ///< should a view have to be made
  bool wants_tick = false;
  std::vector<std::uint32_t> active;  ///< consumers that make progress or are idle
  Fields presence;
};

struct InstallCall {
  struct Member {
    MemberId id;
    std::uint32_t weight = 0;
    friend bool operator==(const Member&, const Member&) = default;
  };
  Caller caller;
  ViewId over;  ///< the view it replaces
  std::string view_nonce;
  std::vector<Member> members;
  TimeMs list_life_ms = 0;
};

struct ClaimCall {
  Caller caller;
  LaneId lane;
  MemberId owner_seen;  ///< empty: none
};

struct SweepCall {
  Caller caller;
  ViewId view;  ///< the current one, as the leader saw it
  std::vector<std::pair<LaneId, std::uint64_t>> lanes;
};

struct LeaveCall {
  enum class Step { begin, drained, at_once };
  Caller caller;
  Step step = Step::begin;
  std::string view_nonce;
  TimeMs list_life_ms = 0, lease_ms = 0;
  std::uint64_t floor = 0;
  std::vector<Length> lengths;
  std::optional<Highest> highest;
  std::optional<ViewId> view;  ///< that it reads
  Identity identity;           ///< under which it joined
};

struct ReviveCall {
  Caller caller;
  ViewId view;
  Identity identity;
  std::vector<ViewMember> members;
  GroupNonce nonce;  ///< that the view was read under
};

/// A line for the loss ledger. What is not known or does not apply is "-".
struct LossLine {
  enum class Kind {
    lost,      ///< known to be
    possible,  ///< cannot be excluded
  };
  Kind kind = Kind::lost;
  std::string reason;
  std::string view, lane, after, to;
  std::uint64_t messages = 0;
};
struct DeclareCall {
  Caller caller;
  std::vector<LossLine> lines;
};

/// A commit up to its entries, which whoever processes them adds behind (src/process/entries.hpp).
struct CommitCall {
  MemberId member;
  LaneId lane;
  std::uint64_t after = 0;  ///< position before the first entry
  bool release = false;     ///< gives the lane up afterwards
  Identity only_under;      ///< if not empty: nothing is done if the server is another one
  std::uint64_t stream_maxlen = 0;
  bool plain =
      false;  ///< in the script's short form: `entries` are one run of plain ones, and the lane has no end yet
  Arguments entries;
};

/// How the state holds a lane that has no end yet, and at which nobody died: what the script's short form compares.
std::string record_field(const LaneId& lane);
std::string open_record(const MemberId& owner, const std::string& position);

/// Read the whole group; changes nothing.
struct StatusCall {
  std::string group;
};

/// Change the desired state.
struct DesireCall {
  std::string group;
  std::string who;
  std::optional<std::uint64_t> revision;  ///< that the change is based on; nothing: whatever it is
  Fields fields;                          ///< without a value: remove it
};

using AnyCall = std::variant<JoinCall, BeatCall, InstallCall, ClaimCall, SweepCall, LeaveCall, ReviveCall,
                             DeclareCall, CommitCall, StatusCall, DesireCall>;

Script script_of(const AnyCall& call);
/// ARGV without its last, the server's identity (docs/protocol.md, "Keys and common arguments").
Arguments arguments_of(const AnyCall& call);
/// The call that has these arguments; nothing if there is none. For whoever looks on.
std::optional<AnyCall> read_call(Script script, const Arguments& arguments);

// --- answers

/// How a call ended.
struct Answer {
  enum class Kind {
    values,     ///< the script ran and gave these
    refused,    ///< the server said no before doing anything (`error`); may be tried again
    unknown,    ///< connection lost or time-out: it may have been done, or may yet be
    unsettled,  ///< of a transaction: its entries are in, but the lane's position did not move (`error`: why)
    in_part,    ///< of a transaction: some of it was done (`error`), and nobody can tell what
  };
  Kind kind = Kind::unknown;
  std::vector<std::string> values;
  std::string error;

  const std::string& status() const {
    static const std::string kNone;
    return values.empty() ? kNone : values.front();
  }
};

struct JoinAnswer {
  ViewId view;
  std::vector<ViewMember> members;
  Identity identity;
  GroupNonce nonce;
  std::uint64_t tick = 0;
  /// Who was there before this join. Silent: somebody is listed, but of nobody there is a sign of life.
  enum class Before { others, silent, nobody };
  Before before = Before::others;
};
struct WrongType {
  std::string key, is, wanted;
};
struct ListInUse {
  std::string list, by;
};
struct OtherProtocol {
  std::string theirs;
};
struct OtherFingerprint {
  std::string theirs;
};
/// Too many lanes are open for somebody new.
struct GroupFull {
  std::uint64_t open_lanes = 0;
};
/// An answer that makes no sense, or none at all.
struct Unreadable {};
using JoinResult =
    std::variant<Unreadable, JoinAnswer, WrongType, ListInUse, OtherProtocol, OtherFingerprint, GroupFull>;
JoinResult read_join_answer(const Answer& answer);

/// The answers that every script may give instead of doing its work.
struct Refusal {
  enum class Why { none, no_state, other_nonce, other_identity, stale, no_member };
  Why why = Why::none;
  std::optional<Identity> identity;  ///< the server's, if that is why
  std::string reason;                ///< why the caller is no member any more; empty: it was silent
};
Refusal read_refusal(const Answer& answer);

struct BeatAnswer {
  struct Lane {
    LaneId id;
    MemberId owner;  ///< empty: released
    std::uint64_t position = 0;
    std::optional<std::uint64_t> end;
  };
  /// What a member told of itself.
  struct Figures {
    std::optional<std::uint32_t> capacity;  ///< of an agent
    std::uint64_t received = 0, committed = 0, backlog = 0;
    double busy = 0;  ///< consumers
    bool hanging = false;
    std::vector<LaneId> holds;  ///< open lanes of earlier views whose next message it holds; perhaps not all
  };
  ViewId view;
  MemberId leader;
  std::uint64_t tick = 0;
  std::vector<ViewMember> members;
  std::vector<Lane> lanes;
  std::vector<Figures> figures;  ///< of each member
  /// In a group with an order key: of views below this number nobody who is present holds anything that `lanes` does not list.
  std::uint64_t known_below = UINT64_MAX;
  std::optional<Fields> desired;  ///< the desired state; nothing: its key is no hash

  bool lists(const MemberId& member) const {
    for (const auto& m : members) {
      if (m.id == member) return true;
    }
    return false;
  }
  /// Listed, and its presence has not run out.
  bool has(const MemberId& member) const {
    for (const auto& m : members) {
      if (m.id == member) return m.present;
    }
    return false;
  }
  bool gone(const MemberId& owner) const { return owner.empty() || !lists(owner); }
};
std::optional<BeatAnswer> read_beat_answer(const Answer& answer);

struct CommitAnswer {
  enum class Status { none, ok, changed, gap, fenced, gone, failed, other_identity };
  Status status = Status::none;           ///< none: it was refused, or nobody knows
  std::optional<std::uint64_t> position;  ///< of the lane; nothing if ok: where it was to go
  MemberId owner;                         ///< if fenced
  std::string error;                      ///< if failed; if ok: why the stream was not trimmed
};
CommitAnswer read_commit_answer(const Answer& answer);

struct ClaimAnswer {
  enum class Status { none, ok, owned, gone };
  Status status = Status::none;
  std::uint64_t position = 0;
  std::uint32_t deaths = 0;  ///< owners that went, one after the other, without moving the position
};
ClaimAnswer read_claim_answer(const Answer& answer);

struct LeaveAnswer {
  enum class Status { none, leaving, left, cut, lanes };
  Status status = Status::none;
  std::uint64_t view = 0;  ///< number of the view from which on it leaves, or that ends what it received
};
LeaveAnswer read_leave_answer(const Answer& answer);

struct ReviveAnswer {
  enum class Status { none, revived, survived, refused };
  Status status = Status::none;
  std::string why;
};
ReviveAnswer read_revive_answer(const Answer& answer);

/// Number of the view that an install made or found; 0 if it says none.
std::uint64_t read_install_answer(const Answer& answer);

/// What scripts answer, as they write it: for tests that play the server.
std::vector<std::string> values_of(const JoinAnswer& answer);
std::vector<std::string> values_of(const BeatAnswer& answer);

}  // namespace tributary::group
