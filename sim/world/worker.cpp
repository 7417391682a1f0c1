#include "sim/world/worker.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/check.hpp"
#include "sim/call_text.hpp"
#include "sim/redis/transaction.hpp"

namespace tributary::sim {
namespace {

constexpr TimeMs kShortestBackoff_ms = 100;
constexpr TimeMs kLongestBackoff_ms = 2000;
constexpr TimeMs kConnectTimeOut_ms = 5000;
constexpr std::uint64_t kTurn = 32;

bool is_one_plain_run(const group::Arguments& entries) {
  return entries[0] == "t" && entries.size() == 4 + 2 * std::strtoul(entries[1].c_str(), nullptr, 10);
}

}  // namespace

Fate fate_of(std::uint32_t message, bool mixed_entries) {
  if (!mixed_entries) return Fate::plain;
  switch (message % 13) {
    case 3:
      return Fate::general;
    case 5:
      return Fate::dead;
    case 7:
      return Fate::dropped;
    default:
      return Fate::plain;
  }
}

// Of one shortly before or a while ago, which may repeat none itself.
std::string id_of(std::uint32_t message, bool repeated) {
  if (repeated && message % 3 == 2) {
    message -= std::min(message, 1 + message * 7 % (message % 2 == 0 ? 4 : 60));
    while (message % 3 == 2) --message;
  }
  return "m" + std::to_string(message);
}

std::string payload_of(std::uint32_t message, bool repeated_ids) {
  const auto own = id_of(message, false), id = id_of(message, repeated_ids);
  return id + (id == own ? "" : "~" + std::to_string(message)) + "|" + std::string(message * 7 % 40, 'x');
}

// What nodes keep of a message besides its payload: they must agree on that too.
std::string channel_of(std::uint32_t message) {
  return message % 5 == 0 ? "" : "@" + std::string(message % 3, 'c');
}

// A few keys, so that each comes often.
std::string key_of(std::uint32_t message) {
  return message % 6 == 4 ? "" : "k" + std::to_string(message * 5 % 9);
}

Worker::Worker(Environment& environment, Server& server, WorkerWatcher& watcher, WorkerSettings settings,
               std::uint64_t seed)
    : environment_(environment),
      server_(server),
      watcher_(watcher),
      settings_(std::move(settings)),
      node_(settings_.node, seed) {
  if (!settings_.disk) return;
  node_.keep_journals_in(*settings_.disk, settings_.node.journal_id);
  node_.on_journals_found(std::move(settings_.disk->find().views));
}

void Worker::fill_disk_until(TimeMs time) {
  if (!settings_.disk) return;
  settings_.disk->full = true;
  environment_.events.at(time, [disk = settings_.disk] { disk->full = false; });
}

void Worker::note(const std::string& text) {
  if (environment_.traced()) environment_.note("node " + std::to_string(settings_.index) + ": " + text);
}

void Worker::when_running(std::function<void()> action) {
  if (!alive_) return;
  if (stalled_) {
    deferred_.push_back(std::move(action));
  } else {
    action();
  }
}

void Worker::start() {
  open_commands();
  round();
}

void Worker::round() {
  if (!alive_) return;
  if (!stalled_) {
    const bool could_read = node_.may_read();
    node_.on_time(environment_.now());
    process_some();
    pump();
    if (!could_read && node_.may_read() && subscriber_ && subscriber_->paused) {
      subscriber_->paused = false;
      server_.read_on(subscriber_);
    }
  }
  environment_.events.after(std::max<TimeMs>(settings_.node.beat_ms / 10, 5), [this] { round(); });
}

void Worker::leave() {
  leaving_ = true;
  note("asked to leave");
  when_running([this] {
    node_.leave(environment_.now());
    pump();
  });
}

void Worker::crash() {
  note("killed");
  alive_ = false;
  deferred_.clear();
  close_commands();
  close_subscriber();
}

void Worker::stall(TimeMs duration_ms) {
  note("stopped for " + std::to_string(duration_ms) + " ms");
  stalled_ = true;
  const auto stall = ++stalls_;
  environment_.events.after(duration_ms, [this, stall] {
    if (stall == stalls_) resume();
  });
}

void Worker::resume() {
  if (!alive_ || !stalled_) return;
  note("continued");
  stalled_ = false;
  resumed_at_ = environment_.now();
  // A process that wakes up finds its timers due, and its sockets readable.
  for (auto& action : std::exchange(deferred_, {})) when_running(std::move(action));
  if (subscriber_) server_.read_on(subscriber_);
}

// --- what the core asks for

void Worker::pump() {
  if (finished_ || !alive_ || pumping_) return;
  pumping_ = true;
  for (const auto& action : node_.take_actions()) {
    if (!finished_) carry_out(action);
  }
  while (!finished_) {
    const auto plan = node_.next_commit(settings_.batch_size, environment_.now());
    if (!plan) break;
    if (dies_of(*plan)) {
      crash();
      settings_.on_poisoned();
      break;
    }
    send_commit(*plan);
  }
  node_.check_invariants();
  pumping_ = false;
}

void Worker::carry_out(const group::Action& action) {
  if (const auto* made = std::get_if<group::MakeCall>(&action)) {
    if (!commands_) return environment_.violation("the core makes a call without a connection");
    Request request;
    request.id = made->id;
    request.call = made->call;
    server_.send(commands_, std::move(request));
  } else if (std::holds_alternative<group::ConnectSubscriber>(action)) {
    open_subscriber();
  } else if (const auto* drop = std::get_if<group::DropConnections>(&action)) {
    if (drop->subscriber) close_subscriber();
    if (drop->commands) {
      close_commands();
      reconnect_commands();
    }
  } else if (const auto* said = std::get_if<group::Report>(&action)) {
    note(said->text);
  } else if (const auto* end = std::get_if<group::Finish>(&action)) {
    note(end->why ? "finished: " + text_of(*end->why) : "finished");
    left_ = node_.left();
    finished_ = true;
    alive_ = false;
    close_commands();
    close_subscriber();
    watcher_.on_finished(settings_.index, end->why);
  }
}

void Worker::send_commit(const group::CommitPlan& plan) {
  std::uint64_t end = plan.end;
  group::CommitCall commit;
  commit.member = plan.owner;
  commit.lane = plan.lane;
  commit.after = plan.after;
  commit.stream_maxlen = settings_.stream_maxlen;
  commit.ids = settings_.ids;
  commit.only_under = plan.only_move_at.empty() ? plan.only_under : plan.only_move_at;
  commit.entries = plan.only_move_at.empty() ? entries(plan, end) : move(plan);
  Request request;
  const bool any_way = !settings_.ids.on();
  request.transaction = any_way && plan.may_be_transaction && environment_.chance(70) &&
                        as_transaction({"", "", ""}, commit).has_value();
  commit.plain = any_way && !request.transaction && plan.may_be_plain && is_one_plain_run(commit.entries) &&
                 environment_.chance(80);
  const auto way = request.transaction ? group::CommitWay::transaction
                   : commit.plain      ? group::CommitWay::plain
                                       : group::CommitWay::script;
  request.call = std::move(commit);
  request.id = node_.commit_sent(plan, end, way, environment_.now());
  server_.send(commands_, std::move(request));
}

bool Worker::dies_of(const group::CommitPlan& plan) const {
  if (!settings_.poison || plan.poisoned || !plan.only_move_at.empty()) return false;
  bool dies = false;
  node_.held(plan.lane.view)
      ->journal.lane(plan.lane.index)
      .each(plan.first, plan.end, [&](auto, auto payload) {
        dies = dies || payload.starts_with("m" + std::to_string(*settings_.poison) + "|");
        return !dies;
      });
  return dies;
}

group::Arguments Worker::move(const group::CommitPlan& plan) const {
  const auto last = node_.held(plan.lane.view)->journal.position_of(plan.lane.index, plan.end - 1);
  return {"n", "1", plan.lane.view.text() + ":" + std::to_string(last)};
}

// See src/process/entries.hpp.
group::Arguments Worker::entries(const group::CommitPlan& plan, std::uint64_t& end) {
  const auto* view = node_.held(plan.lane.view);
  const auto& log = view->journal.lane(plan.lane.index);
  group::Arguments arguments;
  std::size_t count_at = 0;  // of the run being filled
  std::uint64_t in_run = 0;
  std::string kind, consumer;
  end = plan.end;
  if (end - plan.first > 1 && environment_.chance(20))
    end = plan.first + 1 + environment_.below(end - plan.first);
  for (auto rank = plan.first; rank < end; ++rank) {
    std::string payload(log.payload(rank));
    const auto own = payload.substr(0, payload.find('|'));
    const auto id = own.substr(0, own.find('~'));
    const auto position =
        plan.lane.view.text() + ":" + std::to_string(view->journal.position_of(plan.lane.index, rank));
    const auto now_consumer =
        plan.owner.text + "." + std::to_string(rank / kTurn % std::max(node_.weight(), 1u) + 1);
    static constexpr const char* kKinds[] = {"t", "g", "d", "n"};
    const auto number = own.c_str() + (id == own ? 1 : id.size() + 1);
    const auto message = static_cast<std::uint32_t>(std::strtoul(number, nullptr, 10));
    TRIBUTARY_CHECK(payload.ends_with(channel_of(message)));
    payload.resize(payload.size() - channel_of(message).size());
    const auto fate = fate_of(message, settings_.mixed_entries);
    const bool appends = settings_.ids.on() && (fate == Fate::plain || fate == Fate::general);
    // Rightly or not: what a node believes of ids may be wrong at any time.
    const bool skips = appends && environment_.chance(20) && skipped_.insert(message).second;
    const bool unique = appends && fate == Fate::general;
    const std::string now_kind = skips ? "s" : unique ? "u" : kKinds[static_cast<int>(fate)];
    if (now_kind != kind || (now_kind == "t" && now_consumer != consumer) || in_run == 0) {
      kind = now_kind;
      consumer = now_consumer;
      in_run = 0;
      arguments.push_back(kind);
      count_at = arguments.size();
      arguments.emplace_back();
      if (kind == "t") arguments.insert(arguments.end(), {"message_id", consumer});
    }
    arguments[count_at] = std::to_string(++in_run);
    if (skips) {
      arguments.insert(arguments.end(), {id, position});
      continue;
    }
    switch (fate) {
      case Fate::plain:
        arguments.insert(arguments.end(), {id, position});
        break;
      case Fate::general:
        if (unique) arguments.push_back(id);
        arguments.insert(arguments.end(), {"10", "message_id", id, "more", "a b", "consumer_id", consumer,
                                           "processed", "1", "position", position});
        break;
      case Fate::dead:
        arguments.insert(arguments.end(), {"8", "message_id", id, "payload", payload, "reason", "no good",
                                           "position", position});
        break;
      case Fate::dropped:
        arguments.push_back(position);
        break;
    }
  }
  return arguments;
}

// Consumers with threads: results come a little later, some at a time.
void Worker::process_some() {
  if (settings_.node.inline_processing) return;
  const bool slow = environment_.now() < slow_until_;
  const bool hanging = slow && slow_pace_ == 0;
  node_.set_consumers({}, hanging ? 1 : 0, hanging);
  const std::uint64_t pace = slow ? slow_pace_ : 5;
  std::map<group::LaneId, std::uint64_t> kept;
  for (auto& work : node_.works()) {
    const auto* view = node_.held(work.lane.view);
    if (!view) continue;
    const auto end = view->journal.lane(work.lane.index).end();
    const auto before = processed_.find(work.lane);
    const auto done =
        std::max(before == processed_.end() ? work.acknowledged : before->second, work.acknowledged);
    const auto ready = work.waits ? done : std::min(end, done + environment_.below(pace + 1));
    kept[work.lane] = ready;
    work.ready = ready;
  }
  processed_ = std::move(kept);
}

// --- the command connection

void Worker::open_commands() {
  close_commands();
  const auto attempt = ++commands_attempt_;
  const auto give_up_at = environment_.now() + kConnectTimeOut_ms;
  environment_.events.after(environment_.between(1, 5), [this, attempt, give_up_at] {
    when_running([this, attempt, give_up_at] { try_commands(give_up_at, attempt); });
  });
}

void Worker::try_commands(TimeMs give_up_at, std::uint64_t attempt) {
  if (attempt != commands_attempt_ || commands_) return;
  const bool unreachable =
      environment_.now() < isolated_until_ || server_.state_for(settings_.index) == Server::State::paused;
  if (unreachable && environment_.now() < give_up_at) {
    environment_.events.after(50, [this, attempt, give_up_at] {
      when_running([this, attempt, give_up_at] { try_commands(give_up_at, attempt); });
    });
    return;
  }
  if (unreachable || server_.state_for(settings_.index) != Server::State::up) {
    node_.on_commands_lost(environment_.now());
    reconnect_commands();
    return pump();
  }
  backoff_ms_ = 0;
  commands_ = server_.connect_commands(settings_.index);
  note("connected");
  load_scripts();
  node_.on_commands_connected(*group::Identity::parse(commands_->identity), environment_.now());
  if (environment_.chance(80)) node_.on_transactions_allowed();
  pump();
}

void Worker::reconnect_commands() {
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kShortestBackoff_ms, kLongestBackoff_ms);
  const auto delay =
      backoff_ms_ / 2 + static_cast<TimeMs>(environment_.below(static_cast<std::uint64_t>(backoff_ms_ / 2)));
  environment_.events.after(delay, [this] {
    when_running([this] {
      if (!finished_ && !commands_) open_commands();
    });
  });
}

void Worker::load_scripts() {
  Request request;
  request.load_scripts = true;
  server_.send(commands_, std::move(request));
}

void Worker::on_answer(group::CallId call, const group::Answer& answer) {
  if (finished_) return;
  if (answer.error.starts_with("NOSCRIPT")) load_scripts();
  node_.on_answer(call, answer, environment_.now());
  pump();
}

void Worker::on_commands_end() {
  note("command connection lost");
  commands_.reset();
  node_.on_commands_lost(environment_.now());
  reconnect_commands();
  pump();
}

void Worker::close_commands() {
  ++commands_attempt_;
  if (!commands_) return;
  server_.closed(commands_);
  commands_.reset();
}

// --- the subscriber connection

void Worker::open_subscriber() {
  close_subscriber();
  const auto attempt = ++subscriber_attempt_;
  const auto give_up_at = environment_.now() + kConnectTimeOut_ms;
  environment_.events.after(environment_.between(1, 5), [this, attempt, give_up_at] {
    when_running([this, attempt, give_up_at] { try_subscriber(give_up_at, attempt); });
  });
}

void Worker::try_subscriber(TimeMs give_up_at, std::uint64_t attempt) {
  if (attempt != subscriber_attempt_ || subscriber_) return;
  const bool unreachable =
      environment_.now() < isolated_until_ || server_.state_for(settings_.index) == Server::State::paused;
  if (unreachable && environment_.now() < give_up_at) {
    environment_.events.after(50, [this, attempt, give_up_at] {
      when_running([this, attempt, give_up_at] { try_subscriber(give_up_at, attempt); });
    });
    return;
  }
  if (unreachable || server_.state_for(settings_.index) == Server::State::down ||
      server_.state_for(settings_.index) == Server::State::loading) {
    node_.on_subscriber_lost(environment_.now());
    return pump();
  }
  subscriber_ = server_.connect_subscriber(settings_.index);
  if (environment_.now() < silent_until_) {
    note("connected for subscribing; nothing comes");
    subscriber_->mute = true;
    return;
  }
  note("subscribed");
  node_.on_subscribed(server_.life(subscriber_->life).run_id, environment_.now());
  pump();
}

bool Worker::on_readable(const std::shared_ptr<SubscriberLink>& link) {
  if (!alive_ || stalled_ || link != subscriber_) return false;
  const auto& items = server_.life(link->life).items;
  const auto limit = std::min<std::uint64_t>({items.size(), link->end, link->cursor + link->pace});
  while (link->cursor < limit) {
    const auto& item = items[link->cursor++];
    if (item.data) {
      const auto key = settings_.keyed ? key_of(item.message) : "";
      node_.on_message(item.text, channel_of(item.message),
                       key.empty() ? journal::kNoKey : journal::slot_of_key(key));
    } else {
      node_.on_control(item.text, environment_.now());
    }
    watcher_.on_received(settings_.index, node_, link->life, item);
  }
  if (link->cursor == link->end) {
    note("subscriber connection lost");
    close_subscriber();
    node_.on_subscriber_lost(environment_.now());
    pump();
    return false;
  }
  node_.on_batch_end(environment_.now());
  pump();
  if (!link->open) return false;
  link->paused = !node_.may_read();
  return !link->paused;
}

void Worker::close_subscriber() {
  ++subscriber_attempt_;
  if (!subscriber_) return;
  subscriber_->open = false;
  subscriber_.reset();
}

}  // namespace tributary::sim
