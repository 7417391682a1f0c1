#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/time.hpp"
#include "core/group/actions.hpp"
#include "core/group/control_message.hpp"
#include "core/group/node_state.hpp"

namespace tributary::group {

/// Of the scripts, markers and state: nodes of different ones do not work together.
inline constexpr char kProtocolVersion[] = "2";

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
  std::string journal_id;  ///< under which its journal can be found again after it died; empty: not at all
  TimeMs journal_grace_ms = 0;  ///< for so long the group waits for it then
  /// A second commit goes out while one is unanswered only if so many messages wait: with several nodes small ones cost the
  /// server more than they save.
  std::uint64_t second_commit_from = 1;
  bool inline_processing = true;                              ///< results need not be waited for
  std::vector<std::pair<std::string, std::string>> presence;  ///< host, pid, version: shown by `status`
};

struct NodeStatistics {
  std::uint64_t received = 0;         ///< data messages of views, and those that are nobody's
  std::uint64_t committed = 0;        ///< acknowledged by the server for this node's lanes, each once
  std::uint64_t committed_again = 0;  ///< after the server had lost them
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

  /// Before anything happens: what is received is kept in `storage`, which must outlive it; the group knows that by `id`.
  void keep_journals_in(journal::Storage& storage, std::string id) {
    journals_.storage = journal::StorageLink(&storage);
    settings_.journal_id = std::move(id);
  }

  // --- what happened
  /// Before the first connection: what an earlier process with this storage had received. It joins as a new member that
  /// holds these messages; what has become of them it learns like any other. Views that are not this group's are left out.
  void on_journals_found(std::vector<journal::FoundView> found);
  /// `identity`: the server's, as the connection read it.
  void on_commands_connected(const Identity& identity, TimeMs now);
  void on_commands_lost(TimeMs now);
  /// On this connection commits may come as transactions: the server does every command of
  /// them for this user.
  void on_transactions_allowed() { work_.transactions = true; }
  void on_subscribed(const std::string& run_id, TimeMs now);
  void on_subscriber_lost(TimeMs now);
  /// One data message: its payload, and what else is to be kept of it, the same at every node. Hot path: one
  /// copy into the journal, nothing else. Both may be freed afterwards.
  /// `key`: the slot of its key, in a group that has an order key.
  void on_message(std::string_view payload, std::string_view trailer = {},
                  std::uint16_t key = journal::kNoKey);
  void on_control(std::string_view text, TimeMs now);
  /// After each batch of messages: keeps the journal within its bound.
  void on_batch_end(TimeMs now);
  void on_answer(CallId id, const Answer& answer, TimeMs now);
  /// At least every beat / 5; sends what is due.
  void on_time(TimeMs now);
  /// What of this node's consumers there is to tell with the next beat: which make progress or are idle
  /// (numbered from 1), and how many are at a message. If all of them hang for good, others get its lanes.
  void set_consumers(std::vector<std::uint32_t> active, double busy, bool hanging);
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
  /// False while the journal is full: stop reading from the subscriber connection. Nothing is ever
  /// dropped silently.
  bool may_read() const { return journals_.may_read; }
  /// Lanes owned, older views first. The relay may set `ready`.
  std::deque<LaneWork>& works() { return work_.lanes; }
  const std::deque<LaneWork>& works() const { return work_.lanes; }
  const HeldView* held(const ViewId& view) const { return journals_.find(view); }
  /// The next commit to send, if one may be sent now: at most two are in flight.
  std::optional<CommitPlan> next_commit(std::uint64_t most_entries, TimeMs now) const;
  /// `plan` was sent with the entries below `end` as the call with the returned id.
  CallId commit_sent(const CommitPlan& plan, std::uint64_t end, CommitWay way, TimeMs now);

  // --- what there is to see
  const MemberId& member() const { return membership_.id; }
  bool joined() const { return membership_.joined; }
  /// The server said that it has left, in good order or at once: what it holds is needed no more.
  bool left() const { return leaving_.left; }
  bool leading() const { return leadership_.leading; }
  /// On its way out of the group, for whatever reason.
  bool leaving() const { return leaving_.stage != Leaving::Stage::no || finished_; }
  /// Consumers that the view gives this node.
  std::uint32_t weight() const { return membership_.weight; }
  /// Paused: receives and holds, but nothing is processed or committed.
  bool paused() const {
    return wishes_.desired.state == plan::Desired::State::paused && leaving_.stage == Leaving::Stage::no;
  }
  const plan::Desired& desired() const { return wishes_.desired; }
  /// As the leader: why the group has the number of consumers it has. Empty on others.
  const std::string& why() const { return leadership_.why; }
  const NodeStatistics& statistics() const { return statistics_; }
  /// The view whose messages are being read now.
  const HeldView* growing() const { return journals_.growing(); }
  /// Held in own lanes and not yet acknowledged.
  std::uint64_t backlog() const;
  std::uint64_t journal_bytes() const { return journals_.bytes(); }
  /// How far back committed payloads are still held, should Redis go back in time: the replay window, unless
  /// the journal's bound made it forget early.
  TimeMs coverage_ms() const;
  /// Held, as far as the last answer knows, in no stream yet, whoever owns it.
  std::uint64_t uncommitted() const;
  /// Lines for the loss ledger that the server does not have yet.
  std::size_t undeclared() const { return declarations_.size(); }
  /// After leaving: messages not committed, but held by members that stay.
  std::uint64_t handed_over() const { return leaving_.handed_over; }
  const std::deque<HeldView>& held_views() const { return journals_.views; }
  const NodeSettings& settings() const { return settings_; }
  /// Stops the process if anything is not as node_state.hpp says. Called after every step of the simulation
  /// and of the explorer.
  void check_invariants() const;

 private:
  friend struct NodeInspector;  // explore/: writes down every state as text, so that equal ones are known

  // node.cpp: calls, identity, time
  CallId call(AnyCall call, TimeMs now, PendingCall details = {});
  CallId expect(Script script, TimeMs now, PendingCall details);
  Caller caller() const { return {settings_.group, membership_.id, membership_.nonce}; }
  void report(Report::Level level, Event event, std::string text, std::vector<Figure> figures = {}) {
    actions_.push_back(Report{level, event, std::move(text), std::move(figures)});
  }
  void finish(std::optional<Ending> why);
  void new_member_id();
  TimeMs jitter(TimeMs span_ms) { return span_ms <= 0 ? 0 : static_cast<TimeMs>(random_.below(span_ms)); }
  std::string nonce() { return random_.hex(6); }
  TimeMs list_life_ms() const { return 2 * settings_.lease_ms; }
  void follow_server(const std::string& error, TimeMs now);
  void answer_lost(const PendingCall& pending, TimeMs now);
  void check_time_outs(TimeMs now);
  void check_subscriber(TimeMs now);

  // membership.cpp: connections, join, markers, ticks
  void send_join(TimeMs now);
  void on_join_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void on_joined(const JoinAnswer& joined, TimeMs now);
  void confirm_join(const GroupNonce& nonce, const Identity& identity, std::uint64_t view_number,
                    std::uint64_t tick);
  void rejoin(TimeMs delay_ms, TimeMs now);
  void drop_subscriber(TimeMs now, std::string why);
  void on_marker(const Marker& marker, TimeMs now);
  void on_own_marker(const Marker& marker, const ViewMember& me);
  void on_tick(const Tick& tick, TimeMs now);
  void on_forged_views(std::uint64_t above, TimeMs now);
  void on_refusal(const PendingCall& pending, const Answer& answer, TimeMs now);
  void on_mismatch(const std::string& why, TimeMs now);

  // declaring.cpp: lines for the loss ledger
  void drop_deleted_views();
  void declare(HeldView& view, LossLine::Kind kind, const std::string& reason);
  void settle_unplaced(const Marker& marker);
  void declare_nobodys();
  void send_declarations(TimeMs now);

  // leaving.cpp
  void advance_leaving(TimeMs now);
  void leave_if_idle(TimeMs now);
  void send_leave(LeaveCall::Step step, TimeMs now);
  void depart(TimeMs now);
  void advance_departing(TimeMs now);
  void on_departing_refused(const PendingCall& asked, const Answer& answer, TimeMs now);
  void on_leave_answer(const PendingCall& asked, const Answer& answer, TimeMs now);
  void look_if_drained(const BeatAnswer& beat, TimeMs now);
  bool hands_over(TimeMs now) const;
  bool holds_anything() const;
  bool is_behind() const;

  // beat.cpp: what a beat says and what its answer means
  void send_beat(TimeMs now, bool extra);
  Fields presence() const;
  void on_beat_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void learn(const BeatAnswer& beat, TimeMs now);
  void learn_of(HeldView& view, const BeatAnswer& beat, TimeMs now);
  std::uint64_t floor() const;
  std::uint64_t done_of(const HeldView& view, std::uint32_t lane) const;
  std::vector<Gap> gaps() const;
  std::vector<Gap> find_gaps() const;
  std::vector<Length> lengths() const;
  std::optional<Highest> highest() const;
  std::vector<LaneId> holds() const;
  std::optional<std::uint64_t> first_perhaps_lost() const;

  // lanes.cpp: taking up, claiming, committing, releasing
  void take_up(const LaneId& lane, const MemberId& owner, std::uint64_t position, std::uint32_t deaths = 0);
  void drop_work(const LaneId& lane);
  void tend_lane(HeldView& view, std::uint32_t index, const BeatAnswer& beat, TimeMs now);
  void claim(const LaneId& lane, const MemberId& owner_seen, TimeMs now);
  void adopt(const MemberId& owner);
  bool is_mine(const MemberId& owner) const;
  bool hands_over_hanging(const BeatAnswer& beat) const;
  void release(LaneWork& work, TimeMs now);
  void on_claim_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void on_commit_answer(const PendingCall& pending, const Answer& answer, TimeMs now);
  void report_refused(const PendingCall& asked, const Answer& answer);
  void note_trouble(const CommitAnswer& commit, TimeMs now);
  void note_unsettled(const PendingCall& asked, const Answer& answer);
  enum class Turn { goes_on, ends };
  Turn plan_commit(const LaneWork& work, std::uint64_t most_entries, std::optional<CommitPlan>& plan) const;
  void end_if_settled();
  void advance(LaneWork& work, const PendingCall& asked, const CommitAnswer& commit);
  void on_revive_answer(const PendingCall& pending, const Answer& answer, TimeMs now);

  // order.cpp: by keys, what has to wait for what
  void learn_order(const BeatAnswer& beat);
  void let_go();
  bool is_next(const LaneWork& work) const;
  bool is_done(const HeldView& view, std::uint32_t lane) const;
  void ask_for_turn(TimeMs now);

  // retention.cpp: forgetting, bounds
  void note_committed(HeldView& view, std::uint32_t lane, std::uint64_t rank);
  void forget(TimeMs now);
  void enforce_limit();
  bool has_room();
  void keep(HeldView& view);
  void forget_early();
  std::uint64_t give_up_lanes(std::uint64_t bytes);

  // leading.cpp: the desired state, judging presence, sharing out consumers, sweeping
  void obey(const BeatAnswer& beat, TimeMs now);
  void obey_stop(TimeMs now);
  void lead(const BeatAnswer& beat, TimeMs now);
  void install(const BeatAnswer& beat, std::vector<InstallCall::Member> members, TimeMs now);
  static plan::Sample sample_of(const BeatAnswer& beat, TimeMs now);
  std::vector<std::uint32_t> wanted_weights(const BeatAnswer& beat, bool may_judge, TimeMs now);
  void sweep(const BeatAnswer& beat, TimeMs now);
  void on_sweep_answer(const PendingCall& asked, const Answer& answer, TimeMs now);

  NodeSettings settings_;
  Random random_;
  std::vector<Action> actions_;
  NodeStatistics statistics_;
  Connections connections_;
  Membership membership_;
  Beats beats_;
  Leadership leadership_;
  Journals journals_;
  Work work_;
  Order order_;
  Leaving leaving_;
  Wishes wishes_;
  Consumers consumers_;
  Idleness idleness_;
  std::vector<LossLine> declarations_;  ///< kept until the server has them: a line twice is better than none
  bool finished_ = false;
};

}  // namespace tributary::group
