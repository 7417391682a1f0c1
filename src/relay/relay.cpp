#include "relay/relay.hpp"

#include <algorithm>
#include <utility>

#include "redis/command.hpp"
#include "redis/group_keys.hpp"
#include "redis/group_names.hpp"
#include "redis/own_events.hpp"
#include "redis/scripts.hpp"
#include "redis/server_error.hpp"
#include "redis/transaction_reader.hpp"
#include "relay/ending.hpp"

namespace tributary::relay {
namespace {

using Level = group::Report::Level;

// Tags of commands that are no calls of the core; those count up from 1.
constexpr std::uint64_t kIgnored = 0;
constexpr std::uint64_t kStatus = ~0ull;
constexpr std::uint64_t kMaySettle = kStatus - 1;
constexpr std::uint64_t kRights = kStatus - 2;
constexpr std::uint64_t kQuestions = 1ull << 63;  // and above, up to those

constexpr std::size_t kMostQuestions = 64;  // of others, without an answer yet
constexpr std::chrono::seconds kTidyInterval{1};
constexpr std::size_t kMostChannels = 32;  // that are counted one by one

// When more than a batch waits, a commit takes several: that is cheaper for the server, and nobody
// waits longer for it.
constexpr std::uint64_t kMostBatchesInCommit = 5;

constexpr TimeMs kShortestBackoff_ms = 100;
constexpr TimeMs kLongestBackoff_ms = 2000;
constexpr TimeMs kSlowConnection_ms = 1000;

std::unique_ptr<Processing> make_processing(redis::EventLoop& loop, const RelaySettings& settings,
                                            std::function<void()> wake) {
  if (settings.node.inline_processing) return make_inline_processing(settings.processing);
  return make_threaded_processing(settings.processing, [&loop, wake = std::move(wake)] { loop.post(wake); });
}

redis::Reply no_answer(const std::string& why) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::error;
  reply.text = why;
  return reply;
}

RelaySettings prepared(RelaySettings settings, std::uint64_t seed) {
  settings.journal.seed = seed ^ 0x6a6f75726e616cULL;
  if (settings.metered) settings.processing.meter = std::make_shared<ProcessingMeter>();
  return settings;
}

redis::NodeNames names_of(const RelaySettings& settings) {
  return {settings.inputs,         settings.output_stream,     settings.dead_letter_stream,
          settings.consumers_list, settings.stream_maxlen > 0, settings.ids.on()};
}

std::vector<std::string> commit_keys(const redis::GroupNames& names, const group::IdWindow& ids) {
  auto keys = redis::keys_of(group::Script::commit, names);
  if (!ids.on()) return keys;
  for (auto& key : redis::id_keys(names.output_stream)) keys.push_back(std::move(key));
  return keys;
}

}  // namespace

Relay::Relay(redis::EventLoop& loop, RelaySettings settings, std::uint64_t seed, RelayObserver& observer)
    : loop_(loop),
      settings_(prepared(std::move(settings), seed)),
      observer_(observer),
      node_(settings_.node, seed),
      names_{settings_.output_stream, settings_.dead_letter_stream, settings_.consumers_list},
      state_key_(redis::keys_of(group::Script::commit, names_).front()),
      commit_keys_(commit_keys(names_, settings_.ids)),
      processing_(make_processing(loop, settings_, [this] { pump(); })),
      whereabouts_(loop, settings_.endpoint,
                   [this](const redis::Endpoint& to, const std::string& who_says) { follow(to, who_says); }),
      commands_(loop, *this),
      subscriber_(loop, settings_.inputs, redis::control_channel(settings_.output_stream), *this),
      rights_(names_of(settings_)),
      troubles_(settings_.endpoint, [this](const group::Report& said) { observer_.on_report(said); }),
      meter_(settings_.metered ? std::make_unique<Meter>() : nullptr) {
  if (!settings_.order_key.empty()) order_key_.emplace(settings_.order_key);
  if (settings_.ids.on()) duplicates_.emplace(settings_.ids);
}

Relay::~Relay() {
  if (journal_ && !node_.left()) journal_->keep_all();
}

Status Relay::start() {
  if (!settings_.receipts.empty()) {
    auto receipts = Receipts::open(settings_.receipts, settings_.processing.format);
    if (!receipts) return receipts.error();
    receipts_.emplace(std::move(*receipts));
  }
  if (const auto opened = open_journal(); !opened) return opened;
  started_at_ = loop_.now_ms();
  open_commands();
  loop_.every(std::chrono::milliseconds(std::max<TimeMs>(settings_.node.beat_ms / 10, 5)),
              [this] { round(); });
  if (meter_) {
    loop_.every(kTidyInterval, [this] {
      if (!finished_) meter_->tidy(node_);
    });
  }
  return Done{};
}

Status Relay::open_journal() {
  if (settings_.journal.directory.empty()) return Done{};
  auto opened = storage::JournalDirectory::open(settings_.journal);
  if (!opened) return opened.error();
  journal_ = std::move(*opened);
  for (const auto& said : journal_->take_reports()) observer_.on_report(said);
  node_.keep_journals_in(*journal_, journal_->id());
  node_.on_journals_found(std::move(journal_->take_found().views));
  journal_->on_room([this] { loop_.post([this] { round(); }); });
  return Done{};
}

void Relay::round() {
  if (finished_) return;
  const bool could_read = node_.may_read();
  const auto now = loop_.now_ms();
  // A node that processes inline is busy when it does not keep up.
  const auto busy = settings_.node.inline_processing
                        ? (node_.backlog() > 2 * settings_.batch_size ? node_.weight() : 0)
                        : processing_->busy();
  busy_ += (static_cast<double>(busy) - busy_) / 10;
  node_.set_consumers(processing_->active(now), busy_, processing_->hanging());
  node_.on_time(now);
  pump();
  if (rights_asked_at_ && now - *rights_asked_at_ > 3 * settings_.node.lease_ms) {
    commands_.close();
    on_commands_down(redis::connection_lost(whereabouts_.endpoint(), "no answer"));
  }
  // The primary's host may be gone, with nobody there to refuse: where the group is now, other nodes of the cluster know.
  if (connecting_since_ > 0 && now - connecting_since_ > kSlowConnection_ms) whereabouts_.ask_others();
  troubles_.remind(now);
  end_if_beyond_help();
  if (!could_read && node_.may_read()) subscriber_.resume();
}

void Relay::leave_now() {
  node_.leave_now(loop_.now_ms());
  pump();
}

void Relay::leave() {
  node_.leave(loop_.now_ms());
  pump();
}

// Who is to leave and may not even subscribe, or log in, would wait in vain. What it may still commit it does before.
void Relay::end_if_beyond_help() {
  const auto why = node_.leaving() ? troubles_.beyond_help() : std::nullopt;
  if (!why || (commands_.ready() && node_.backlog() > 0)) return;
  finish(Error{why->kind, "cannot leave in good order: " + why->message});
}

// --- what the core asks for

void Relay::pump() {
  if (finished_ || pumping_) return;
  pumping_ = true;
  const auto now = loop_.now_ms();
  carry_out(node_.take_actions());
  if (node_.weight() > 0) processing_->set_consumers(node_.weight());
  processing_->advance(node_, now);
  for (const auto& said : processing_->take_reports()) observer_.on_report(said);
  std::uint64_t batch = node_.desired().batch_size.value_or(static_cast<std::uint32_t>(settings_.batch_size));
  while (const auto plan = node_.next_commit(batch * kMostBatchesInCommit, now)) {
    if (lost_right_ && plan->only_move_at.empty()) break;  // it is about to end
    send_commit(*plan, now);
  }
  if (!finished_) commands_.flush();
  pumping_ = false;
}

void Relay::carry_out(std::vector<group::Action> actions) {
  for (auto& action : actions) {
    if (finished_) return;
    if (const auto* call = std::get_if<group::MakeCall>(&action)) carry_out(*call);
    if (std::holds_alternative<group::ConnectSubscriber>(action)) subscriber_.open(whereabouts_.endpoint());
    if (const auto* drop = std::get_if<group::DropConnections>(&action)) carry_out(*drop);
    if (const auto* said = std::get_if<group::Report>(&action)) troubles_.take(*said, loop_.now_ms());
    if (const auto* end = std::get_if<group::Finish>(&action)) {
      finish(end->why ? std::optional(explain_ending(*end->why, settings_.node)) : std::nullopt);
    }
  }
}

void Relay::carry_out(const group::MakeCall& made) {
  const auto script = group::script_of(made.call);
  if (script == group::Script::join) {
    if (!identity_is_new()) return read_identity_anew();
    joined_by_identity_ = true;
  }
  auto& out = commands_.command(made.id);
  const auto keys = redis::keys_of(script, names_);
  const auto arguments = redis::arguments_of(made.call, told_identity_);
  redis::append_command_header(out, 3 + keys.size() + arguments.size());
  redis::append_argument(out, "EVALSHA");
  redis::append_argument(out, redis::script(script).sha);
  redis::append_argument(out, std::to_string(keys.size()));
  for (const auto& key : keys) redis::append_argument(out, key);
  for (const auto& argument : arguments) redis::append_argument(out, argument);
}

// A transaction of which a part is refused would append what nobody answers for: so none is sent before the
// server has said that it will do all of it.
void Relay::ask_for_transactions() {
  auto& out = commands_.transaction(kMaySettle, 1);
  redis::append_command(out, {"MULTI"});
  redis::append_command(out, {"EVAL", redis::may_settle_script().body, "3", state_key_,
                              settings_.output_stream, settings_.dead_letter_stream});
  redis::append_command(out, {"EXEC"});
}

void Relay::carry_out(const group::DropConnections& drop) {
  if (drop.subscriber) subscriber_.close();
  if (drop.commands) {
    commands_.close();
    drop_commits();
    reconnect_soon();  // why, the core has said
  }
}

void Relay::ask_status() {
  if (!commands_.ready() || !ever_ready_ || finished_) return;
  carry_out({kStatus, group::StatusCall{settings_.output_stream}});
  commands_.flush();
}

void Relay::ask(const std::vector<std::string>& command, Take take) {
  if (!commands_.ready() || !ever_ready_ || finished_ || questions_.size() >= kMostQuestions)
    return take(no_answer("there is no connection to Redis"));
  const auto tag = kQuestions + last_question_++;
  questions_[tag] = std::move(take);
  auto& out = commands_.command(tag);
  redis::append_command_header(out, command.size());
  for (const auto& argument : command) redis::append_argument(out, argument);
  commands_.flush();
}

// Of all that was under way no answer comes any more.
void Relay::drop_commits() {
  commits_.clear();
  if (meter_) meter_->connection_lost();
  end_questions("the connection to Redis ended");
}

// Who asked may ask again at once.
void Relay::end_questions(const std::string& why) {
  for (const auto& [tag, take] : std::exchange(questions_, {})) take(no_answer(why));
}

std::uint32_t Relay::stuck() const {
  const auto active = processing_->active(loop_.now_ms()).size();
  return node_.weight() > active ? node_.weight() - static_cast<std::uint32_t>(active) : 0;
}

// --- the command connection

void Relay::open_commands() {
  whereabouts_.locate(
      [this] {
        connecting_since_ = loop_.now_ms();
        commands_.open(whereabouts_.endpoint());
      },
      [this](const redis::Failure& why) { on_commands_down(why); });
}

// What the old primary still acknowledges is lost when it finds out. What it has acknowledged lately is appended again if the
// new one does not have it.
void Relay::follow(const redis::Endpoint& to, const std::string& who_says) {
  if (finished_) return;
  const redis::Failure why(Error{ErrorKind::unavailable, "Redis at " + whereabouts_.endpoint().display() +
                                                             " is the primary no longer; " + who_says + " " +
                                                             redis::address_text(to.host, to.port)});
  subscriber_.close();
  node_.on_subscriber_lost(loop_.now_ms());
  commands_.close();
  on_commands_down(why);
}

// What a group is called there, and whether it can be there, is known only now.
std::optional<Error> Relay::settle_in_cluster(const redis::ServerFacts& facts) {
  whereabouts_.take(facts);
  if (ever_ready_) return std::nullopt;
  if (auto wrong = redis::wrong_in_cluster(settings_.output_stream, settings_.inputs))
    return Error{ErrorKind::configuration, std::move(*wrong)};
  names_ = redis::group_names(settings_.output_stream, settings_.consumers_list, true);
  settings_.dead_letter_stream = names_.dead_letter_stream;
  settings_.consumers_list = names_.consumers_list;
  commit_keys_ = commit_keys(names_, settings_.ids);
  rights_ = redis::RightsQuestion(names_of(settings_));
  processing_->use_dead_letter_stream(names_.dead_letter_stream);
  return std::nullopt;
}

void Relay::on_commands_ready(const redis::ServerFacts& facts) {
  connecting_since_ = 0;
  if (facts.cluster_enabled) {
    if (const auto wrong = settle_in_cluster(facts)) return finish(*wrong);
  }
  const auto verdict = redis::check_server(facts, whereabouts_.endpoint(), settings_.stream_maxlen > 0);
  if (verdict.refusal) {
    const bool fails_over =
        (whereabouts_.endpoint().has_sentinels() || facts.cluster_enabled) && facts.role == "slave";
    if (!ever_ready_ && !facts.loading && !fails_over) return finish(*verdict.refusal);
    commands_.close();
    return reconnect_commands(
        *verdict.refusal);  // a fail-over is going on, or it loads: wait until it is over
  }
  if (facts.loading) {
    commands_.close();
    return reconnect_commands(Error{
        ErrorKind::unavailable, "Redis at " + whereabouts_.endpoint().display() + " is loading its data"});
  }
  server_ = {facts.run_id, facts.master_replid};
  told_identity_ = facts.info_in_scripts ? "" : server_.text();
  identity_read_at_ = loop_.now_ms();
  joined_by_identity_ = false;
  if (ever_ready_) return begin();
  verdict_ = verdict;
  ask_for_rights();
}

// One answer, before anything is done, tells of every right that is missing; later each would end the node by itself, and
// what it received by then could be lost.
void Relay::ask_for_rights() {
  rights_asked_at_ = loop_.now_ms();
  rights_.append_to(commands_.command(kRights));
  commands_.flush();
}

// Which one it is an error from a script does not say, so the server is asked first.
void Relay::end_without_right(const std::string& error) {
  if (!std::exchange(lost_right_, group::LostRight{error})) ask_for_rights();
}

void Relay::on_rights(const redis::Reply& reply) {
  rights_asked_at_.reset();
  const auto missing = rights_.missing(reply);
  if (!missing.empty()) return finish(redis::explain_missing_rights(whereabouts_.endpoint(), missing));
  if (lost_right_) return finish(explain_ending(*lost_right_, settings_.node));
  if (reply.is_error())
    report(Level::debug, "rights_unknown"_event, "rights cannot be looked at: " + reply.text);
  observer_.on_server_accepted();
  for (const auto& warning : verdict_.warnings) report(Level::warning, "server_setting"_event, warning);
  for (const auto& note : verdict_.notes) report(Level::info, "server_setting"_event, note);
  begin();
}

void Relay::begin() {
  ever_ready_ = true;
  backoff_ms_ = 0;
  troubles_.connected(loop_.now_ms());
  load_scripts();
  ask_for_transactions();
  node_.on_commands_connected(server_, loop_.now_ms());
  pump();
}

void Relay::load_scripts() {
  for (const auto& script : redis::all_scripts()) {
    redis::append_command(commands_.command(kIgnored), {"SCRIPT", "LOAD", script.body});
  }
}

void Relay::on_reply(std::uint64_t tag, redis::Reply&& reply) {
  if (finished_) return;
  if (tag == kRights) return on_rights(reply);
  if (const auto question = questions_.extract(tag)) return question.mapped()(reply);
  if (tag == kIgnored) {
    if (reply.is_error("NOPERM")) end_without_right(reply.text);
    return;
  }
  on_answer(tag, read_answer(std::move(reply)));
}

void Relay::on_transaction(std::uint64_t tag, group::TransactionOutcome&& outcome) {
  if (finished_) return;
  if (tag != kMaySettle) return on_answer(tag, group::answer_of(outcome));
  if (outcome.executed && !outcome.settle_refused && outcome.settled == "ready") {
    node_.on_transactions_allowed();
  } else {
    report(Level::debug, "transactions_unused"_event,
           "no transactions here; commits are made by the script alone");
  }
}

void Relay::on_answer(std::uint64_t tag, group::Answer&& answer) {
  if (meter_) meter_->answered(tag, answer, node_);
  if (duplicates_ && commits_.contains(tag)) {
    if (const auto said = duplicates_->take(answer)) observer_.on_report(*said);
    if (answer.status() == "gap") processing_->process_skipped();
  }
  judge(tag, answer);
  if (finished_) return;
  if (answer.status() == "identity" && !identity_is_new()) return read_identity_anew();
  if (tag == kStatus) {
    if (answer.kind == group::Answer::Kind::values) observer_.on_status(answer.values);
    return;
  }
  node_.on_answer(tag, answer, loop_.now_ms());
  pump();
}

// Where scripts go by what the connection read, that may have changed since without an end of the connection: the first
// replica of a server that had none changes its master_replid. A join that goes by an old identity ends the epoch of those
// that know the new one, so each join needs one of its own.
bool Relay::identity_is_new() const {
  return told_identity_.empty() ||
         (!joined_by_identity_ && loop_.now_ms() - identity_read_at_ <= settings_.node.lease_ms);
}

void Relay::read_identity_anew() {
  commands_.close();
  drop_commits();
  node_.on_commands_lost(loop_.now_ms());
  reconnect_soon();
  pump();
}

// An answer in the core's words.
group::Answer Relay::read_answer(redis::Reply&& reply) {
  group::Answer answer;
  if (reply.is_array()) {
    answer.kind = group::Answer::Kind::values;
    answer.values.reserve(reply.elements.size());
    for (auto& element : reply.elements) {
      answer.values.push_back(element.type == redis::Reply::Type::integer ? std::to_string(element.integer)
                                                                          : std::move(element.text));
    }
    if (answer.status() == "failed" && answer.values.size() > 2) answer.error = answer.values[2];
  } else if (reply.type == redis::Reply::Type::string) {
    answer.kind = group::Answer::Kind::values;
    answer.values.push_back(std::move(reply.text));
  } else if (reply.is_error()) {
    answer.kind = group::Answer::Kind::refused;
    answer.error = std::move(reply.text);
  }
  return answer;
}

// What only a person can fix ends the node with one clear line.
void Relay::judge(std::uint64_t tag, const group::Answer& answer) {
  using Kind = group::Answer::Kind;
  const auto& error = answer.error;
  const auto call = commits_.erase(tag) > 0 ? Troubles::Call::commit : Troubles::Call::other;
  if (answer.kind == Kind::unsettled || answer.kind == Kind::in_part) return;  // the core's business
  if (error.starts_with("CLUSTERDOWN")) whereabouts_.ask_others();
  if (error.starts_with("NOSCRIPT")) {
    load_scripts();
  } else if (error.find("WRONGTYPE") != std::string::npos) {
    finish(Error{ErrorKind::configuration, "one of the group's Redis keys has become another type (" + error +
                                               "); rename or remove the wrong key: see 'tributary status'"});
  } else if (group::lacks_right(error)) {
    end_without_right(error);
  } else if (tag != kStatus) {  // which is done by servers that refuse all else
    troubles_.answered(call, error, loop_.now_ms());
  }
}

void Relay::on_commands_down(const redis::Failure& failure) {
  connecting_since_ = 0;
  drop_commits();
  rights_asked_at_.reset();
  if (lost_right_) return finish(explain_ending(*lost_right_, settings_.node));
  whereabouts_.try_another();
  node_.on_commands_lost(loop_.now_ms());
  reconnect_commands(failure);
  pump();
}

void Relay::reconnect_commands(const redis::Failure& why) {
  const bool hopeless = why.hopeless || why.kind == ErrorKind::no_permission ||
                        why.kind == ErrorKind::usage || why.kind == ErrorKind::configuration;
  const bool too_late = settings_.connect_timeout_ms > 0 && !ever_ready_ &&
                        loop_.now_ms() - started_at_ >= settings_.connect_timeout_ms;
  if (!ever_ready_ && (hopeless || too_late)) return finish(why);
  troubles_.no_connection(why, loop_.now_ms());
  reconnect_soon();
}

void Relay::reconnect_soon() {
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kShortestBackoff_ms, kLongestBackoff_ms);
  const auto jitter = static_cast<TimeMs>(static_cast<std::uint64_t>(loop_.now_ms()) * 7919 % 100);
  loop_.after(std::chrono::milliseconds(backoff_ms_ / 2 + backoff_ms_ * jitter / 200), [this] {
    if (!finished_ && !commands_.ready()) open_commands();
  });
}

// --- the subscriber connection

void Relay::on_subscribed(const std::string& run_id) {
  ever_subscribed_ = true;
  troubles_.subscribed(loop_.now_ms());
  node_.on_subscribed(run_id, loop_.now_ms());
  pump();
}

void Relay::on_data(std::string_view payload, std::string_view channel) {
  if (redis::is_event_channel(channel) && redis::is_own_event(channel, payload)) return;
  const auto key = order_key_ ? order_key_->slot_of(payload, channel) : journal::kNoKey;
  if (settings_.processing.format.keeps_channel()) {
    if (channel != channel_ || trailer_.empty()) {
      process::make_trailer(channel_ = channel, trailer_);
      if (meter_) channel_count_ = count_of(channel);
    }
    if (channel_count_ != nullptr) ++*channel_count_;
    node_.on_message(payload, trailer_, key);
  } else {
    node_.on_message(payload, {}, key);
  }
  if (!receipts_) return;
  const auto* view = node_.growing();
  // In a view without lanes everybody is leaving: what still arrives was promised to nobody.
  if (view && !view->journal.lanes_are_empty()) {
    receipts_->received(view->view.id, view->journal.count(), payload);
  }
}

// Nothing if there are too many.
std::uint64_t* Relay::count_of(std::string_view channel) {
  const auto found = by_channel_.find(channel);
  if (found != by_channel_.end()) return &found->second;
  const bool room = by_channel_.size() < kMostChannels;
  return room ? &by_channel_.emplace(channel, 0).first->second : nullptr;
}

void Relay::on_control(std::string_view payload) {
  if (meter_) meter_->note_received(node_);  // it may end the view
  node_.on_control(payload, loop_.now_ms());
}

bool Relay::on_batch_end() {
  if (receipts_ && !receipts_->flush() && !receipts_broken_) {
    receipts_broken_ = true;
    report(Level::error, "receipts_failed"_event,
           "cannot write receipts any more (disk full?); the file is incomplete");
  }
  if (meter_) meter_->note_received(node_);
  node_.on_batch_end(loop_.now_ms());
  pump();
  return node_.may_read();
}

void Relay::on_subscriber_down(const redis::Failure& failure) {
  if (finished_) return;
  if (!ever_subscribed_ && failure.kind == ErrorKind::no_permission) return finish(failure);
  troubles_.no_subscription(failure, commands_.ready(), loop_.now_ms());
  node_.on_subscriber_lost(loop_.now_ms());
  pump();
}

// --- the end

void Relay::report(Level level, Event event, std::string text) {
  observer_.on_report(group::Report{level, event, std::move(text)});
}

bool Relay::end() {
  if (receipts_) receipts_->flush();
  node_ = group::Node(settings_.node, 0);  // with what it held: others of this process may go on for long
  return processing_->end();
}

void Relay::finish(const std::optional<Error>& error) {
  if (finished_) return;
  finished_ = true;
  whereabouts_.stop();
  subscriber_.close();
  commands_.close();
  drop_commits();
  if (receipts_) receipts_->flush();
  // After a good end nothing in it is needed; after any other whoever comes next finds it.
  if (journal_ && (error || !node_.left())) journal_->keep_all();
  observer_.on_finished(error);
}

}  // namespace tributary::relay
