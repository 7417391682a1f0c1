#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/group/actions.hpp"
#include "core/group/control_message.hpp"
#include "core/group/held_view.hpp"
#include "core/group/lane_work.hpp"
#include "core/group/view.hpp"
#include "core/plan/autoscale.hpp"
#include "core/plan/desired.hpp"

namespace tributary::group {

struct NodeSettings {
  std::string group;         ///< name of the output stream
  std::string name;          ///< readable start of member ids: letters, digits, '-', '_'
  std::string fingerprint;   ///< what all nodes of a group must agree on: channel, partitioning
  std::uint32_t weight = 1;  ///< consumers; of an agent only until the leader gives it a share
  std::uint32_t capacity =
      0;  ///< of an agent: its share of the group's consumers goes by it; 0: a fixed number
  TimeMs idle_timeout_ms = 0;  ///< leave when nothing was received for so long; 0: never
  TimeMs beat_ms = 500;
  TimeMs lease_ms = 2000;
  TimeMs window_ms = 5000;  ///< replay window; at least two leases and a beat
  std::uint64_t journal_limit = 256ull << 20;
  bool inline_processing = true;                              ///< results need not be waited for
  std::vector<std::pair<std::string, std::string>> presence;  ///< host, pid, version: shown by `status`
};

struct NodeStatistics {
  std::uint64_t received = 0;         ///< data messages since start
  std::uint64_t committed = 0;        ///< acknowledged by the server for this node's lanes
  std::uint64_t unplaced = 0;         ///< received before the first marker of a connection
  std::uint64_t foreign_control = 0;  ///< control messages that were not ours
  std::uint64_t views = 0;            ///< markers read
  std::uint64_t expulsions = 0;
  std::uint64_t claims = 0;
  std::uint64_t given_up_lanes = 0;
};

/// One node of a group: the whole protocol as a state machine. Events and time go in, actions come out; no
/// sockets, threads, clocks or logging, and every state is a copyable value, so that the same code runs in
/// production, in a simulated world and in an explorer of every interleaving.
///
/// Guarantees, given that calls reach the server in order and the scripts are those of this project: a
/// message is appended at most once within one life of the server's data, and once if any node that holds it
/// stays alive and reaches the server (docs/protocol.md gives the argument). Clocks decide when it tries,
/// never what it may do.
///
/// Not thread-safe. After every event take the actions with take_actions(), in order.
class Node {
 public:
  Node(NodeSettings settings, std::uint64_t seed);

  // --- what happened
  void on_commands_connected(TimeMs now);
  void on_commands_lost(TimeMs now);
  void on_subscribed(const std::string& run_id, TimeMs now);
  void on_subscriber_lost(TimeMs now);
  /// One data message. Hot path: one copy into the journal, nothing else. The payload may be freed
  /// afterwards.
  void on_message(std::string_view payload);
  void on_control(std::string_view text, TimeMs now);
  /// After each batch of messages: keeps the journal within its bound.
  void on_batch_end(TimeMs now);
  void on_answer(CallId id, const Answer& answer, TimeMs now);
  /// At least every beat / 5; sends what is due.
  void on_time(TimeMs now);
  /// What of this node's consumers there is to tell with the next beat: which make progress or are idle
  /// (numbered from 1), and the share of them that is at a message.
  void set_consumers(std::vector<std::uint32_t> active, double busy);
  /// Asked to stop: leaves the group once what it can still do is done, then Finish.
  void leave(TimeMs now);
  /// The same, but at once: what is not committed is left to who remains, or declared if nobody does.
  void leave_now(TimeMs now);
  /// Shown in the presence record with the next beat.
  void set_presence(std::vector<std::pair<std::string, std::string>> presence) {
    settings_.presence = std::move(presence);
  }

  std::vector<Action> take_actions() { return std::exchange(actions_, {}); }

  // --- work
  /// False while the journal is full: stop reading from the subscriber connection. Nothing is ever dropped
  /// silently.
  bool may_read() const { return may_read_; }
  /// Lanes owned, older views first. The relay may set `ready`.
  std::deque<LaneWork>& works() { return works_; }
  const HeldView* held(const ViewId& view) const;
  /// The next commit to send, if one may be sent now: at most two are in flight.
  std::optional<CommitPlan> next_commit(std::uint64_t most_entries, TimeMs now) const;
  /// `plan` was sent with the entries below `end` as the call with the returned id.
  CallId commit_sent(const CommitPlan& plan, std::uint64_t end, TimeMs now);

  // --- what there is to see
  const MemberId& member() const { return member_; }
  bool joined() const { return joined_; }
  bool leading() const { return leading_; }
  /// On its way out of the group, for whatever reason.
  bool leaving() const { return leaving_ != Leaving::no || finished_; }
  /// Consumers that the view gives this node.
  std::uint32_t weight() const { return weight_; }
  /// Paused: receives and holds, but nothing is processed or committed.
  bool paused() const { return desired_.state == plan::Desired::State::paused && leaving_ == Leaving::no; }
  const plan::Desired& desired() const { return desired_; }
  /// As the leader: why the group has the number of consumers it has. Empty on others.
  const std::string& why() const { return why_; }
  const NodeStatistics& statistics() const { return statistics_; }
  /// The view whose messages are being read now.
  const HeldView* growing() const;
  /// Held in own lanes and not yet acknowledged.
  std::uint64_t backlog() const;
  std::uint64_t journal_bytes() const;
  /// How far back committed payloads are still held, should Redis go back in time: the replay window, unless
  /// the journal's bound made it forget early.
  TimeMs coverage_ms() const;
  /// Held, as far as the last answer knows, in no stream yet, whoever owns it.
  std::uint64_t uncommitted() const;
  /// After leaving: messages not committed, but held by members that stay.
  std::uint64_t handed_over() const { return handed_over_; }
  const std::deque<HeldView>& held_views() const { return held_; }
  const NodeSettings& settings() const { return settings_; }

 private:
  friend struct NodeInspector;  // explore/: writes down every state as text, so that equal ones are known

  struct PendingCall {
    Script script;
    TimeMs sent_at;
    MemberId member;                    // under which it was made
    LaneId lane;                        // claim, release, commit
    ViewId view;                        // revive; of a beat: the view being read when it was made
    std::uint64_t serial = 0, end = 0;  // commit
    bool over = false;  // of a former member: the answer is not wanted any more, but still owed by the server
  };
  struct Beat;  // a beat's answer, read

  // node.cpp: calls, identity, time
  CallId call(Script script, std::vector<std::string> arguments, TimeMs now, PendingCall details);
  CallId call(Script script, std::vector<std::string> arguments, TimeMs now) {
    return call(script, std::move(arguments), now, PendingCall{});
  }
  bool pending(Script script) const;
  void report(Report::Level level, std::string text) { actions_.push_back(Report{level, std::move(text)}); }
  void finish(std::optional<Error> error);
  void new_member_id();
  TimeMs jitter(TimeMs span_ms) { return span_ms <= 0 ? 0 : static_cast<TimeMs>(random_.below(span_ms)); }
  std::string nonce() { return random_.hex(6); }
  void answer_lost(const PendingCall& pending, TimeMs now);
  void check_time_outs(TimeMs now);

  // membership.cpp: connections, join, markers, ticks, leaving
  void send_join(TimeMs now);
  void on_join_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void confirm_join(const GroupNonce& nonce, const Identity& identity, std::uint64_t view_number,
                    std::uint64_t tick);
  void rejoin(TimeMs delay_ms, TimeMs now);
  void drop_subscriber(TimeMs now, std::string why);
  void on_marker(const Marker& marker, TimeMs now);
  void on_tick(const Tick& tick, TimeMs now);
  void on_forged_views(std::uint64_t above, TimeMs now);
  void drop_deleted_views();
  void declare(HeldView& view, const std::string& reason);
  void declare_unplaced();
  void on_refusal(const PendingCall& pending, const Answer& answer, TimeMs now);
  void advance_leaving(TimeMs now);
  void leave_if_idle(TimeMs now);
  void on_leave_answer(const PendingCall& asked, const Answer& answer, TimeMs now);

  // beat.cpp: what a beat says and what its answer means
  void send_beat(TimeMs now, bool extra);
  void on_beat_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  static std::optional<Beat> read_beat(const Answer& answer);
  static void read_figures(std::string_view text, Beat& beat);
  void learn(const Beat& beat, TimeMs now);
  void look_if_drained(const Beat& beat, TimeMs now);
  std::uint64_t floor() const;
  std::string gaps() const;
  std::string lengths() const;

  // lanes.cpp: taking up, claiming, committing, releasing
  LaneWork* find_work(const LaneId& lane);
  void take_up(const LaneId& lane, const MemberId& owner, std::uint64_t position);
  void drop_work(const LaneId& lane);
  void tend_lane(HeldView& view, std::uint32_t index, const Beat& beat, TimeMs now);
  void claim(const LaneId& lane, const MemberId& owner_seen, TimeMs now);
  void release(LaneWork& work, TimeMs now);
  void on_claim_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void on_commit_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void on_revive_answer(const PendingCall& pending, const Answer& answer, TimeMs now);

  // retention.cpp: forgetting, bounds
  void note_committed(HeldView& view, std::uint32_t lane, std::uint64_t rank);
  void forget(TimeMs now);
  void enforce_limit();

  // leading.cpp: the desired state, judging presence, sharing out consumers, sweeping
  void obey(const Beat& beat, TimeMs now);
  void lead(const Beat& beat, TimeMs now);
  static plan::Sample sample_of(const Beat& beat, TimeMs now);
  std::vector<std::uint32_t> wanted_weights(const Beat& beat, bool may_judge, TimeMs now);
  void sweep(const Beat& beat, TimeMs now);

  HeldView* find_held(const ViewId& view);

  NodeSettings settings_;
  Random random_;
  std::vector<Action> actions_;
  NodeStatistics statistics_;

  // connections
  bool commands_up_ = false;
  bool subscriber_up_ = false;
  bool connecting_ = false;
  TimeMs connect_at_ = 0;
  std::string subscriber_run_id_;
  std::map<CallId, PendingCall> calls_;
  CallId last_call_ = 0;

  // membership
  MemberId member_;
  std::vector<MemberId> former_;  // since the last confirmed join
  bool joined_ = false;
  TimeMs join_at_ = 0;
  TimeMs join_backoff_ms_ = 0;
  GroupNonce nonce_;
  Identity identity_;
  std::uint64_t joined_view_ = 0;   // number of the view the last join made
  std::uint64_t highest_seen_ = 0;  // of any view in any marker or answer
  std::uint64_t last_marker_ = 0;   // number, on this connection, of the epoch joined
  std::uint64_t last_tick_ = 0;
  std::uint64_t answered_tick_ = 0;  // by the last beat
  bool behind_on_purpose_ = false;   // reading stopped, and has not caught up since
  std::string counted_;              // "tick/view/count/digest"
  std::uint64_t unplaced_ = 0;       // on this connection, before its first marker
  bool started_group_ = false;
  bool marker_read_ = false;  // own marker, since the last join
  TimeMs last_mismatch_at_ = -1;
  std::vector<std::string> declarations_;

  // beat
  TimeMs beat_at_ = 0;
  bool beat_again_ = false;
  TimeMs last_success_at_ = -1;
  TimeMs unbroken_since_ = -1;
  BeatClock clock_;
  bool leading_ = false;
  struct Watched {
    std::uint64_t position;
    TimeMs since;
  };
  std::map<LaneId, Watched> watched_;  // lanes whose owner is gone, as the leader saw them

  // what is held and worked on
  std::deque<HeldView> held_;
  std::deque<LaneWork> works_;
  std::uint64_t last_serial_ = 0;
  std::uint32_t commits_in_flight_ = 0;
  TimeMs commit_at_ = 0;
  TimeMs commit_backoff_ms_ = 0;
  std::string commit_trouble_;
  bool may_read_ = true;
  bool told_full_ = false;
  TimeMs forgot_early_at_ = -1;  // beat clock
  bool wants_view_ = false;
  TimeMs wants_view_at_ = 0;

  // leaving
  enum class Leaving { no, wanted, asked, standby, drained, at_once };
  Leaving leaving_ = Leaving::no;
  std::uint64_t leave_view_ = 0;
  TimeMs standby_since_ = 0;
  std::uint64_t handed_over_ = 0;
  bool drained_ = false;
  bool finished_ = false;

  // the desired state, and what this node does of it
  plan::Desired desired_;
  std::vector<std::string> complaints_;
  bool found_running_ = false;  // some answer said that the group is not stopped
  std::uint32_t weight_ = 0;
  std::vector<std::uint32_t> active_;
  double busy_ = 0;
  plan::Autoscaler scaler_;
  std::string why_;
  std::uint64_t received_at_last_look_ = 0;
  TimeMs last_message_at_ = -1;
};

/// A beat's answer, read.
struct Node::Beat {
  struct Lane {
    LaneId id;
    MemberId owner;  // empty: released
    std::uint64_t position = 0;
    std::optional<std::uint64_t> end;
  };
  ViewId view;
  MemberId leader;
  std::uint64_t tick = 0;
  std::vector<ViewMember> members;
  std::vector<Lane> lanes;
  struct Figures {
    std::optional<std::uint32_t> capacity;  // of an agent
    std::uint64_t received = 0, committed = 0, backlog = 0;
    double busy = 0;  // consumers
  };
  std::vector<Figures> figures;                                             // of each member
  std::optional<std::vector<std::pair<std::string, std::string>>> desired;  // nothing: the key is no hash

  bool lists(const MemberId& member) const {
    for (const auto& m : members) {
      if (m.id == member) return true;
    }
    return false;
  }
  bool gone(const MemberId& owner) const { return owner.empty() || !lists(owner); }
};

}  // namespace tributary::group
