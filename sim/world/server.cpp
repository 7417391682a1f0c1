#include "sim/world/server.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"
#include "sim/redis/keys.hpp"

namespace tributary::sim {
namespace {

constexpr std::size_t kOutputLimit = 40;  // items a slow subscriber may have waiting
constexpr TimeMs kLongestLatency_ms = 3;

}  // namespace

Server::Server(Environment& environment, Scripts& scripts, std::string group, ServerWatcher& watcher,
               ServerClients& clients)
    : environment_(environment),
      group_(std::move(group)),
      watcher_(watcher),
      clients_(clients),
      redis_(scripts, *this),
      keys_(group_keys(group_)),
      commit_keys_(sim::commit_keys(group_)) {
  replication_id_ = environment_.random.hex(12);
  new_life();
}

void Server::new_life() {
  lives_.push_back(std::make_unique<Life>());
  lives_.back()->run_id = environment_.random.hex(12);
  redis_.set_identity(lives_.back()->run_id, replication_id_);
  scripts_loaded_ = false;
}

// --- connections

std::shared_ptr<CommandLink> Server::connect_commands(std::size_t node) {
  auto link = std::make_shared<CommandLink>();
  link->node = node;
  link->life = life_for(node);
  link->identity = redis_of(link->life).identity();
  std::erase_if(commands_, [](const auto& old) { return !old->open; });
  commands_.push_back(link);
  return link;
}

std::shared_ptr<SubscriberLink> Server::connect_subscriber(std::size_t node) {
  auto link = std::make_shared<SubscriberLink>();
  link->node = node;
  link->life = life_for(node);
  link->cursor = lives_[link->life]->items.size();
  std::erase_if(subscribers_, [](const auto& old) { return !old->open; });
  subscribers_.push_back(link);
  return link;
}

std::size_t Server::life_for(std::size_t node) const {
  return is_with_alone(node) ? alone_->life : current_life();
}

Server::State Server::state_for(std::size_t node) const {
  if (!is_with_alone(node)) return state_;
  return alone_->works ? State::up : State::down;
}

TimeMs Server::latency(std::size_t node) {
  const auto slow = latency_.find(node);
  return environment_.between(0, slow == latency_.end() ? kLongestLatency_ms : slow->second);
}

void Server::send(const std::shared_ptr<CommandLink>& link, Request request) {
  request.number = link->sent++;
  const auto arrival = std::max(link->last_arrival, environment_.now() + latency(link->node));
  link->last_arrival = arrival;
  environment_.events.at(
      arrival, [this, link, request = std::move(request)]() mutable { arrive(link, std::move(request)); });
}

void Server::arrive(const std::shared_ptr<CommandLink>& link, Request request) {
  if (request.number >= link->reach || link->deaf) return;
  if (environment_.now() < link->release_at) {
    const auto at = link->release_at;
    environment_.events.at(
        at, [this, link, request = std::move(request)]() mutable { arrive(link, std::move(request)); });
    return;
  }
  link->arrived = request.number + 1;
  if (is_alone(link->life)) return execute(link, request);
  if (link->life != current_life()) return refuse(link, request, lives_[link->life]->refusal);
  if (state_ == State::down) return;
  if (state_ == State::paused) {
    waiting_.push_back({link, std::move(request)});
    return;
  }
  execute(link, request);
}

void Server::refuse(const std::shared_ptr<CommandLink>& link, const Request& request,
                    const std::string& why) {
  if (!why.empty() && !request.load_scripts)
    answer(link, request.id, {group::Answer::Kind::refused, {}, why});
}

std::string Server::refusal(std::size_t life) const {
  if (is_alone(life)) return alone_->works ? "" : "CLUSTERDOWN The cluster is down";
  if (state_ == State::loading) return "LOADING Redis is loading the dataset in memory";
  if (moving_) return "TRYAGAIN Multiple keys request during rehashing of slot";
  if (!scripts_loaded_) return "NOSCRIPT No matching script. Please use EVAL.";
  return "";
}

std::string Server::write_refusal(std::size_t life) const {
  if (is_alone(life)) return "";
  if (state_ == State::replica) return "READONLY You can't write against a read only replica.";
  if (environment_.now() < refuse_until_) return "OOM command not allowed when used memory > 'maxmemory'.";
  return "";
}

void Server::execute(const std::shared_ptr<CommandLink>& link, const Request& request) {
  if (request.load_scripts) {
    if (link->life == current_life()) scripts_loaded_ = true;
    return;
  }
  group::Answer reply;
  if (auto refused = refusal(link->life); !refused.empty()) {
    reply = {group::Answer::Kind::refused, {}, std::move(refused)};
  } else {
    reply = run(*link, request);
  }
  const auto lose = lose_.find(link->node);
  if (lose != lose_.end() && lose->second == group::script_of(request.call)) {
    const auto lost = lose->second;
    lose_.erase(lose);
    if (environment_.traced()) environment_.note(std::string("reply lost of ") + name_of(lost));
    cut(link, 0);
  }
  answer(link, request.id, std::move(reply));
}

group::Answer Server::run(const CommandLink& link, const Request& request) {
  ++scripts_run_;
  auto& redis = redis_of(link.life);
  redis.set_time(environment_.now());
  const auto before = redis.log().size();
  const auto script = group::script_of(request.call);
  const auto* commit = std::get_if<group::CommitCall>(&request.call);
  group::Answer reply;
  if (request.transaction) {
    if (disk_failure_ms_ > 0) redis.fail_settle(write_refusal(link.life).empty());
    reply = group::answer_of(
        redis.run(*as_transaction(commit_keys_, *commit), commit_keys_, write_refusal(link.life)));
    if (reply.kind == group::Answer::Kind::unsettled) refuse_for(std::exchange(disk_failure_ms_, 0));
  } else {
    reply = answer_of(redis.run(script, keys_of(request.call, group_), group::arguments_of(request.call),
                                write_refusal(link.life)));
  }
  const Caller caller{link.node, link.life, link.identity == redis.identity()};
  watcher_.on_script(caller, request.call, reply,
                     redis.log().size() > before ? &redis.log().back() : nullptr);
  return reply;
}

void Server::answer(const std::shared_ptr<CommandLink>& link, group::CallId call, group::Answer reply) {
  const bool unsettled = reply.kind == group::Answer::Kind::unsettled;
  if (!link->open || link->mute) {
    if (unsettled) watcher_.on_unsettled_untold(link->life, link->node);
    return;
  }
  const auto arrival = std::max(link->last_reply, environment_.now() + latency(link->node));
  link->last_reply = arrival;
  environment_.events.at(arrival, [this, link, call, unsettled, reply = std::move(reply)] {
    if (link->open && !link->mute) {
      clients_.on_answer(link, call, reply);
    } else if (unsettled) {
      watcher_.on_unsettled_untold(link->life, link->node);
    }
  });
}

// --- publishing

bool Server::publish(std::uint32_t message, const std::string& payload) {
  if (state_ == State::down) return false;
  if (state_ == State::paused) {
    unpublished_.emplace_back(message, payload);
    return true;
  }
  append(current_life(), {true, false, message, payload});
  return true;
}

void Server::publish_control(const std::string& text) {
  if (answers()) append(current_life(), {false, true, 0, text});
}

void Server::published(std::string_view channel, std::string_view message) {
  TRIBUTARY_CHECK(channel == group_prefix(group_) + "control");
  append(current_life(), {false, false, 0, std::string(message)});
  if (bus_) bring_elsewhere(std::string(message));
}

void Server::append(std::size_t life, Life::Item item) {
  if (item.data) {
    watcher_.on_data(life, item.message);
  } else if (!item.foreign) {
    watcher_.on_control(life, item.text);
  }
  lives_[life]->items.push_back(std::move(item));
  const auto size = lives_[life]->items.size();
  for (const auto& link : subscribers_) {
    if (!link->open || link->life != life || link->end != kNever) continue;
    if ((link->interval > 0 || link->paused) && size - link->cursor > kOutputLimit) {
      // The limit of the output buffer: the server ends the connection; what is in the network still arrives.
      link->end = link->cursor + environment_.below(size - link->cursor);
      if (environment_.traced())
        environment_.note("output limit ends the subscription of node " + std::to_string(link->node));
    }
    wake(link);
  }
}

void Server::wake(const std::shared_ptr<SubscriberLink>& link) {
  if (link->scheduled || !link->open || link->mute || link->paused) return;
  link->scheduled = true;
  environment_.events.after(std::max(link->interval, latency(link->node)), [this, link] {
    link->scheduled = false;
    if (!link->open || link->mute) return;
    if (!clients_.on_readable(link)) return;
    const auto limit = std::min<std::uint64_t>(lives_[link->life]->items.size(), link->end);
    if (link->cursor < limit || link->cursor == link->end) wake(link);
  });
}

// --- troubles of connections

void Server::cut(const std::shared_ptr<CommandLink>& link, TimeMs late_ms) {
  if (!link->open) return;
  link->reach = static_cast<std::uint64_t>(
      environment_.between(static_cast<std::int64_t>(link->arrived), static_cast<std::int64_t>(link->sent)));
  link->mute = true;
  if (late_ms > 0) link->release_at = environment_.now() + late_ms;
  environment_.events.after(environment_.between(0, 30), [this, link] {
    if (!link->open) return;
    link->open = false;
    clients_.on_commands_end(link);
  });
}

void Server::closed(const std::shared_ptr<CommandLink>& link) {
  link->open = false;
  link->reach = std::min(
      link->reach, static_cast<std::uint64_t>(environment_.between(static_cast<std::int64_t>(link->arrived),
                                                                   static_cast<std::int64_t>(link->sent))));
}

void Server::cut(const std::shared_ptr<SubscriberLink>& link) {
  const auto waiting = lives_[link->life]->items.size() - link->cursor;
  if (link->end == kNever) link->end = link->cursor + environment_.below(waiting + 1);
  wake(link);
}

// --- troubles of the server

void Server::come_up(State state, TimeMs when) {
  const auto change = state_changes_;
  environment_.events.at(when, [this, state, change] {
    if (change == state_changes_) set_state(state);
  });
}

void Server::pause(TimeMs duration_ms) {
  if (state_ != State::up) return;
  set_state(State::paused);
  const auto change = state_changes_;
  environment_.events.after(duration_ms, [this, change] {
    if (change == state_changes_) resume();
  });
}

void Server::heal() {
  give_way();
  refuse_until_ = disk_failure_ms_ = 0;
  latency_.clear();
  lose_.clear();
  for (const auto& life : lives_) {
    if (life != lives_.back()) life->alive = false;
  }
  for (const auto& link : subscribers_) {
    if (!lives_[link->life]->alive && link->open) cut(link);
    link->pace = 64;
    link->interval = 0;
  }
  if (state_ == State::paused) resume();
}

void Server::resume() {
  set_state(State::up);
  // What waited is done in the order in which it came; publishers are connections like others.
  while (!waiting_.empty() || !unpublished_.empty()) {
    if (waiting_.empty() || (!unpublished_.empty() && environment_.chance(50))) {
      append(current_life(), {true, false, unpublished_.front().first, unpublished_.front().second});
      unpublished_.pop_front();
    } else {
      const auto next = std::move(waiting_.front());
      waiting_.pop_front();
      if (next.link->life == current_life()) execute(next.link, next.request);
    }
  }
}

void Server::end_connections(bool subscribers) {
  waiting_.clear();
  unpublished_.clear();
  for (const auto& link : std::vector(commands_)) {
    if (link->life == current_life()) cut(link, 0);
  }
  if (!subscribers) return;
  lives_.back()->alive = false;
  for (const auto& link : std::vector(subscribers_)) {
    if (link->life == current_life() && link->open) cut(link);
  }
}

void Server::go_back(std::uint64_t lost_ms) {
  const auto& log = redis_.log();
  std::size_t kept = log.size();
  if (lost_ms == kNever) kept = 0;
  // The group's first view is only lost together with everything.
  while (kept > 1 && lost_ms > 0 && lost_ms != kNever &&
         log[kept - 1].time_ms > environment_.now() - static_cast<TimeMs>(lost_ms))
    --kept;
  if (environment_.traced()) {
    environment_.note("data goes back: " + std::to_string(kept) + " of " + std::to_string(log.size()) +
                      " transactions are left");
  }
  redis_.set_time(environment_.now());
  redis_.go_back(kept);
  watcher_.on_went_back(kept);
}

void Server::restart(std::uint64_t lost_ms, TimeMs down_ms, TimeMs loading_ms) {
  end_connections(true);
  go_back(lost_ms);
  replication_id_ = environment_.random.hex(12);
  new_life();
  set_state(State::down);
  const auto change = state_changes_;
  environment_.events.after(down_ms, [this, change, loading_ms] {
    if (change != state_changes_) return;
    set_state(State::loading);
    come_up(State::up, environment_.now() + loading_ms);
  });
}

void Server::fail_over(std::uint64_t lost_ms, bool zombie) {
  end_connections(!zombie);
  go_back(lost_ms);
  replication_id_ = environment_.random.hex(12);
  new_life();
  set_state(State::up);
}

void Server::roll_back(std::uint64_t lost_ms, TimeMs replica_ms) {
  if (state_ != State::up) return;
  set_state(State::replica);
  const auto change = state_changes_;
  environment_.events.after(replica_ms, [this, change, lost_ms] {
    if (change != state_changes_) return;
    go_back(lost_ms);
    replication_id_ = environment_.random.hex(12);
    redis_.set_identity(lives_.back()->run_id, replication_id_);
    set_state(State::up);
  });
}

void Server::meddle(const std::vector<std::string>& command) {
  redis_.set_time(environment_.now());
  const auto before = redis_.log().size();
  redis_.run(command);
  if (redis_.log().size() > before) watcher_.on_meddling(redis_.log().back());
}

}  // namespace tributary::sim
