#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/group/node.hpp"
#include "process/order_key.hpp"
#include "redis/connection.hpp"
#include "redis/event_loop.hpp"
#include "redis/group_keys.hpp"
#include "redis/rights.hpp"
#include "relay/duplicates.hpp"
#include "relay/meter.hpp"
#include "relay/processing.hpp"
#include "relay/receipts.hpp"
#include "relay/troubles.hpp"
#include "relay/whereabouts.hpp"
#include "storage/journal_directory.hpp"

namespace tributary::relay {

struct RelaySettings {
  redis::Endpoint endpoint;
  redis::Inputs inputs;
  std::string output_stream;
  std::string dead_letter_stream;
  std::string consumers_list;
  std::uint64_t stream_maxlen = 0;   ///< entries, about; 0: not trimmed
  group::IdWindow ids;               ///< within which nothing is appended twice by id
  std::uint64_t batch_size = 100;    ///< messages; a commit has up to five batches
  std::string receipts;              ///< file; empty: none
  std::string order_key;             ///< what messages are in order by (process::OrderKey); empty: nothing
  storage::JournalSettings journal;  ///< without a directory journals are in memory alone
  TimeMs connect_timeout_ms = 0;     ///< at start; 0: wait for ever
  bool metered = false;              ///< somebody may ask for meter()
  group::NodeSettings node;
  ProcessingSettings processing;
};

/// How the relay speaks to whoever runs it.
struct RelayObserver {
  virtual ~RelayObserver() = default;
  /// The server was reached for the first time, and may be used.
  virtual void on_server_accepted() = 0;
  virtual void on_report(const group::Report& report) = 0;
  /// The relay is done; nothing of the group is left open by this node unless `error` says so.
  virtual void on_finished(const std::optional<Error>& error) = 0;
  /// The answer to ask_status(): the flat list of status.lua.
  virtual void on_status(const std::vector<std::string>& fields) = 0;
};

/// A node at work: carries out what the core asks for. In the order of a message's way: subscriber connection
/// -> journal
/// -> consumers -> commits. Belongs to the loop's thread.
class Relay final : redis::CommandConnection::Handler, redis::SubscriberConnection::Handler {
 public:
  Relay(redis::EventLoop& loop, RelaySettings settings, std::uint64_t seed, RelayObserver& observer);
  ~Relay() override;

  /// Errors: a file of its own that cannot be written, a journal directory that cannot be used.
  Status start();
  /// Leaves the group: finishes what it can, hands over the rest, then on_finished().
  void leave();
  /// The same, at once: what is not committed is left to who remains, or declared if nobody does.
  void leave_now();
  /// Ends as it is, with on_finished(why); the group finds out by itself.
  void give_up(const Error& why) { finish(why); }
  /// The same without a reason, for who asked for it. A journal in files keeps what it holds.
  void stop() { finish(std::nullopt); }
  /// Asks the server about the whole group; answered by on_status(), or not at all.
  void ask_status();
  /// Runs one command of somebody else's on the connection for commands; nothing that it answers counts for this node.
  /// Takes the answer, which is an error if there is none to be had.
  using Take = std::function<void(const redis::Reply&)>;
  void ask(const std::vector<std::string>& command, Take take);
  const group::Node& node() const { return node_; }
  group::Node& node() { return node_; }
  /// After on_finished(), or when the loop has ended: waits for the consumers, for up to 2 s. False if some hang: the process
  /// must end without destructors then, and loses nothing by it. Any thread; nothing may be asked of it afterwards.
  bool end();
  /// Which messages its consumers keep because the processor fails at them, and why; empty: none.
  std::string kept() const { return processing_->kept(loop_.now_ms()); }
  bool connected() const { return commands_.ready(); }
  /// What keeps it from working, in one line; empty: nothing that it knows of.
  std::string trouble() const { return troubles_.present(); }
  /// Consumers at a message, on average; those that neither are idle nor make progress.
  double busy() const { return busy_; }
  std::uint32_t stuck() const;
  /// Messages received since the start, by channel; empty where there is one, or nobody counts.
  const std::map<std::string, std::uint64_t, std::less<>>& received_by_channel() const { return by_channel_; }
  /// Nothing if nobody asked for them.
  const Meter* meter() const { return meter_.get(); }
  /// Nothing if there is no window.
  const Duplicates* duplicates() const { return duplicates_ ? &*duplicates_ : nullptr; }
  const ProcessingMeter* processing_meter() const { return settings_.processing.meter.get(); }
  const redis::GroupNames& names() const { return names_; }

 private:
  void on_commands_ready(const redis::ServerFacts& facts) override;
  void on_reply(std::uint64_t tag, redis::Reply&& reply) override;
  void on_transaction(std::uint64_t tag, group::TransactionOutcome&& outcome) override;
  void on_commands_down(const redis::Failure& failure) override;
  void on_subscribed(const std::string& run_id) override;
  void on_data(std::string_view payload, std::string_view channel) override;
  void on_control(std::string_view payload) override;
  bool on_batch_end() override;
  void on_subscriber_down(const redis::Failure& failure) override;

  Status open_journal();
  void open_commands();
  std::optional<Error> settle_in_cluster(const redis::ServerFacts& facts);
  void follow(const redis::Endpoint& to, const std::string& who_says);
  void round();
  void pump();
  void carry_out(std::vector<group::Action> actions);
  void carry_out(const group::MakeCall& made);
  void carry_out(const group::DropConnections& drop);
  void send_commit(const group::CommitPlan& plan, TimeMs now);
  void send_move(const group::CommitPlan& plan, TimeMs now);
  void note_sent(const group::CommitPlan& plan, group::CallId id, std::uint64_t end, group::CommitWay way);
  void end_questions(const std::string& why);
  std::uint64_t* count_of(std::string_view channel);
  void drop_commits();
  void send_script_commit(const group::CommitPlan& plan, group::CallId id);
  void send_plain_commit(const group::CommitPlan& plan, std::string_view run, group::CallId id);
  void send_transaction(const group::CommitPlan& plan, group::CallId id);
  void ask_for_transactions();
  void load_scripts();
  void ask_for_rights();
  void on_rights(const redis::Reply& reply);
  void begin();
  void end_without_right(const std::string& error);
  bool identity_is_new() const;
  void read_identity_anew();
  static group::Answer read_answer(redis::Reply&& reply);
  void on_answer(std::uint64_t tag, group::Answer&& answer);
  void judge(std::uint64_t tag, const group::Answer& answer);
  void reconnect_commands(const redis::Failure& why);
  void reconnect_soon();
  void end_if_beyond_help();
  void report(group::Report::Level level, Event event, std::string text);
  void finish(const std::optional<Error>& error);

  redis::EventLoop& loop_;
  RelaySettings settings_;
  RelayObserver& observer_;
  std::unique_ptr<storage::JournalDirectory> journal_;  // outlives the node, which holds blocks of it
  group::Node node_;
  redis::GroupNames names_;
  const std::string state_key_;
  std::vector<std::string> commit_keys_;  // of the script's long form
  std::unique_ptr<Processing> processing_;
  std::optional<Receipts> receipts_;
  std::optional<process::OrderKey> order_key_;
  Whereabouts whereabouts_;
  redis::CommandConnection commands_;
  redis::SubscriberConnection subscriber_;
  CommitEntries entries_;
  std::string channel_, trailer_;  // of the last message, where the journal keeps channels
  std::map<std::string, std::uint64_t, std::less<>> by_channel_;
  std::uint64_t* channel_count_ = nullptr;   // of the last message's
  std::map<std::uint64_t, Take> questions_;  // of others, by tag
  std::uint64_t last_question_ = 0;
  TimeMs started_at_ = 0;
  bool ever_ready_ = false;
  bool ever_subscribed_ = false;
  TimeMs backoff_ms_ = 0;
  TimeMs connecting_since_ = 0;  // for commands; 0: it is not connecting
  redis::RightsQuestion rights_;
  std::optional<TimeMs> rights_asked_at_;
  group::Identity server_;     // of the connection
  std::string told_identity_;  // the same, where scripts cannot read it themselves; else empty
  TimeMs identity_read_at_ = 0;
  bool joined_by_identity_ = false;
  redis::ServerVerdict verdict_;                // of the server that is being asked
  std::optional<group::LostRight> lost_right_;  // it is being asked which
  Troubles troubles_;
  std::unique_ptr<Meter> meter_;
  std::optional<Duplicates> duplicates_;
  std::set<std::uint64_t> commits_;  // tags of those not answered yet: a few
  bool receipts_broken_ = false;
  double busy_ = 0;  // consumers at a message, averaged over about half a second
  bool finished_ = false;
  bool pumping_ = false;
};

}  // namespace tributary::relay
