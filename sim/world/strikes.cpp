#include <algorithm>

#include "sim/world/world.hpp"

// How each fault strikes.
namespace tributary::sim {
namespace {

// What a restart with appendfsync everysec, or a lagging replica, loses at most.
constexpr std::int64_t kMostLost_ms = 1500;

}  // namespace

void World::strike(Fault fault) {
  if (healed_) return;
  const auto& kind = kind_of(fault);
  if (environment_.traced()) environment_.note("*** " + std::string(kind.name));
  if (!kind.of_node) {
    ++counts_[static_cast<std::size_t>(fault)];
    return strike_server(fault);
  }
  auto* worker = victim(kind.anchor_too);
  if (!worker) return;
  ++counts_[static_cast<std::size_t>(fault)];
  strike_node(fault, *worker);
}

Worker* World::victim(bool anchor_too) {
  std::vector<Worker*> candidates;
  for (const auto& worker : workers_) {
    const bool spared = scenario_.anchored && worker->index() == 0 && !anchor_too;
    if (worker->alive() && !spared) candidates.push_back(worker.get());
  }
  return candidates.empty() ? nullptr : candidates[environment_.below(candidates.size())];
}

void World::strike_node(Fault fault, Worker& worker) {
  auto& e = environment_;
  const auto slot = slots_[worker.index()];
  const auto cut_commands = [&] {
    if (worker.commands()) server_.cut(worker.commands(), e.chance(50) ? e.between(1, 3000) : 0);
  };
  const auto cut_subscriber = [&] {
    if (worker.subscriber()) server_.cut(worker.subscriber());
  };
  switch (fault) {
    case Fault::crash:
      worker.crash();
      break;
    case Fault::restart:
      worker.crash();
      start_worker(slot, back_at());
      break;
    case Fault::stall:
      // Several in a row would keep it from beating for a lease.
      if (worker.stalled() || e.now() - worker.resumed_at() < 3 * scenario_.beat_ms) break;
      worker.stall(e.between(50, scenario_.lease_ms / 2));
      break;
    case Fault::freeze:
      worker.stall(e.between(scenario_.lease_ms, 4 * scenario_.lease_ms));
      break;
    case Fault::cut_subscriber:
      cut_subscriber();
      break;
    case Fault::cut_commands:
      cut_commands();
      break;
    case Fault::cut_both:
      cut_subscriber();
      cut_commands();
      break;
    case Fault::lost_reply: {
      static constexpr group::Script kOf[] = {
          group::Script::commit,  group::Script::claim,  group::Script::beat,
          group::Script::join,    group::Script::leave,  group::Script::sweep,
          group::Script::install, group::Script::revive, group::Script::commit};
      server_.lose_reply(worker.index(), kOf[e.below(std::size(kOf))]);
      break;
    }
    case Fault::half_open_subscriber:
      if (worker.subscriber()) worker.subscriber()->mute = true;
      break;
    case Fault::half_open_commands:
      if (worker.commands()) {
        worker.commands()->mute = true;
        worker.commands()->deaf = e.chance(70);
      }
      break;
    case Fault::isolation:
      worker.isolate_until(e.now() + e.between(200, 3 * scenario_.lease_ms));
      cut_subscriber();
      cut_commands();
      break;
    case Fault::late_return:
      late_return(worker);
      break;
    case Fault::slow_subscriber:
      if (worker.subscriber()) {
        worker.subscriber()->pace = 1 + e.below(3);
        worker.subscriber()->interval = e.between(20, 300);
      }
      break;
    case Fault::slow_commands:
      server_.set_latency(worker.index(), e.between(20, 400));
      break;
    case Fault::leave:
      if (!worker.leaving()) worker.leave();
      break;
    case Fault::silent_subscription:
      worker.silence_subscriptions_until(e.now() + e.between(100, 3 * scenario_.lease_ms));
      cut_subscriber();
      break;
    case Fault::crash_leaving:
      if (!worker.leaving()) worker.leave();
      e.events.after(e.between(1, scenario_.lease_ms), [this, &worker] {
        if (worker.alive() && !healed_) worker.crash();
      });
      break;
    case Fault::torn_journal:
      worker.crash();
      start_worker(slot, e.now() + e.between(10, 3000), Directory::torn);
      break;
    case Fault::old_journal:
      // A copy is made of one directory, and put back at the next strike.
      if (!old_copies_.contains(slot)) {
        if (worker.disk()) old_copies_[slot] = worker.disk()->copy(e.random.next());
        break;
      }
      worker.crash();
      start_worker(slot, e.now() + e.between(10, 3000), Directory::old);
      break;
    case Fault::journal_full:
      incomplete_.insert(worker.index());
      worker.fill_disk_until(e.now() + e.between(50, 3000));
      break;
    case Fault::slow_processing:
      worker.slow_processing_until(e.now() + e.between(500, 4 * scenario_.lease_ms), 1);
      break;
    case Fault::hang:
      worker.slow_processing_until(e.now() + e.between(500, 6 * scenario_.lease_ms), 0);
      break;
    default:
      break;
  }
}

// One node alone holds some messages that are not committed, is out of reach, and comes back about when the
// leader, a newcomer, gives them up.
void World::late_return(Worker& worker) {
  auto& e = environment_;
  if (!worker.commands() || !worker.subscriber()) return;
  if (counts_[static_cast<std::size_t>(Fault::late_return)] > 1) return;  // once is enough for one world
  const auto& s = scenario_;
  worker.commands()->mute = worker.commands()->deaf = true;
  const auto messages = e.between(1, 10);
  e.events.after(20, [this, messages] {
    for (std::int64_t i = 0; i < messages; ++i) publish();
  });
  const auto back = e.now() + e.between(s.lease_ms + s.window_ms, 3 * s.lease_ms + s.window_ms);
  server_.set_latency(worker.index(), e.between(3, 400));
  e.events.after(60, [this, back, &worker] {
    if (!worker.alive() || !worker.subscriber() || !worker.commands()) return;
    worker.isolate_until(back);
    server_.cut(worker.subscriber());
    server_.cut(worker.commands(), 0);
    for (const auto& other : workers_) {
      const bool spared = scenario_.anchored && other->index() == 0;
      if (other.get() != &worker && other->alive() && !spared) other->crash();
    }
  });
  for (auto i = e.between(1, 2); i > 0; --i) start_worker(slots_used_, e.now() + e.between(100, 1500));
}

void World::leave_all() {
  for (const auto& worker : workers_) {
    const bool spared = scenario_.anchored && worker->index() == 0;
    if (!worker->alive() || worker->leaving() || spared) continue;
    environment_.events.after(environment_.between(0, 300), [&worker = *worker] {
      if (worker.alive() && !worker.leaving()) worker.leave();
    });
  }
  const auto newcomers = environment_.below(3);
  for (std::uint64_t i = 0; i < newcomers; ++i) {
    start_worker(slots_used_, environment_.now() + environment_.between(0, 3000));
  }
}

// Who has its journal may be away for longer than what nobody holds is waited for.
TimeMs World::back_at() {
  auto& e = environment_;
  return e.now() + (scenario_.directories && e.chance(40) ? e.between(3000, 9000) : e.between(10, 3000));
}

void World::kill_all() {
  for (const auto& worker : workers_) {
    const bool spared = scenario_.anchored && worker->index() == 0;
    if (!worker->alive() || spared) continue;
    worker->crash();
    if (!worker->leaving()) start_worker(slots_[worker->index()], back_at());
  }
}

// As an operator does, without a script.
void World::desire(const std::string& field, const std::string& value) {
  if (server_.answers()) server_.meddle({"HSET", server_.keys()[7], field, value});
}

void World::strike_server(Fault fault) {
  auto& e = environment_;
  const auto lost = e.chance(30) ? 0 : static_cast<std::uint64_t>(e.between(0, kMostLost_ms));
  const auto deep = static_cast<std::uint64_t>(e.between(1000, 8000));
  const bool works = server_.answers();
  switch (fault) {
    case Fault::join:
      start_worker(slots_used_, e.now());
      break;
    case Fault::leave_all:
      leave_all();
      break;
    case Fault::kill_all:
      kill_all();
      break;
    case Fault::cut_everybody:
      for (const auto& worker : workers_) {
        if (worker->alive() && worker->subscriber()) server_.cut(worker->subscriber());
        if (worker->alive() && worker->commands() && e.chance(50)) server_.cut(worker->commands(), 0);
      }
      break;
    case Fault::redis_pause:
      server_.pause(e.between(100, 5 * scenario_.lease_ms / 2));
      break;
    case Fault::redis_restart:
      server_.restart(lost, e.between(10, 2000), e.between(0, 1000));
      break;
    case Fault::redis_fail_over:
      server_.fail_over(lost, scenario_.zombies);
      break;
    case Fault::redis_roll_back:
      server_.roll_back(lost, e.chance(40) ? 0 : e.between(10, 1500));
      break;
    case Fault::redis_deep:
      switch (e.below(3)) {
        case 0:
          server_.restart(deep, e.between(10, 1000), 0);
          break;
        case 1:
          server_.fail_over(deep, scenario_.zombies);
          break;
        default:
          server_.roll_back(deep, e.chance(40) ? 0 : e.between(10, 1000));
          break;
      }
      break;
    case Fault::redis_nothing:
      if (e.chance(70)) {
        server_.restart(kNever, e.between(10, 1000), 0);
      } else {
        server_.roll_back(kNever, e.between(10, 1000));
      }
      break;
    case Fault::redis_refuses:
      server_.refuse_for(e.between(50, 3000));
      break;
    case Fault::append_fails:
      server_.fail_append(static_cast<int>(e.below(10)));
      break;
    case Fault::disk_fails:
      server_.fail_disk_for(e.between(50, 3000));
      break;
    case Fault::script_flush:
      server_.flush_scripts();
      break;
    case Fault::foreign_control:
      server_.publish_control(foreign_message());
      break;
    case Fault::delete_state:
      if (works) server_.meddle({"DEL", server_.keys()[0]});
      break;
    case Fault::flush_all:
      if (works) server_.meddle({"FLUSHALL"});
      break;
    case Fault::scale:
      desire("consumers", e.chance(20) ? "auto" : std::to_string(e.below(12)));
      break;
    case Fault::slot_moves:
      server_.move_slot(e.chance(50) ? 0 : e.between(10, 3000));
      break;
    case Fault::primary_alone:
      leave_primary_alone(scenario_.window_ms / 4, false);
      break;
    case Fault::primary_alone_long:
      leave_primary_alone(2 * scenario_.window_ms, e.chance(50));
      break;
    case Fault::hold:
      desire("state", "paused");
      e.events.after(e.between(100, 4000), [this] { desire("state", "running"); });
      break;
    default:
      break;
  }
}

// Some of the nodes are cut off with it, and some of the publishers.
void World::leave_primary_alone(TimeMs longest_ms, bool half_open) {
  auto& e = environment_;
  Server::Partition partition;
  for (const auto& worker : workers_) {
    if (worker->alive() && e.chance(50)) partition.nodes.insert(worker->index());
  }
  if (!e.chance(30)) partition.lost_ms = static_cast<std::uint64_t>(e.between(0, scenario_.window_ms / 4));
  partition.promotion_ms = e.between(10, scenario_.window_ms / 4);
  partition.works_ms = e.between(0, longest_ms);
  partition.refuses_ms = e.chance(50) ? 0 : e.between(10, longest_ms);
  partition.half_open = half_open;
  partition.tells = e.chance(30);
  partition.gives_way =
      e.chance(50) ? "MOVED 7365 another:6379" : "READONLY You can't write against a read only replica.";
  server_.part(partition);
}

std::string World::foreign_message() {
  const std::string identity = server_.redis().identity();
  switch (environment_.below(7)) {
    case 0:
      return "";
    case 1:
      return "tributary/1 marker";
    case 2:
      return "tributary/1 marker 0123456789abcdef 9999999.aaaaaa - " + identity + " 5 x-1/1/1/0";
    case 3:
      return "tributary/1 tick 0123456789abcdef 99999999 " + identity;
    case 4:
      return "tributary/2 tick";
    case 5:
      return std::string(2000, '\xff');
    default:
      return "tributary/1 marker 0123456789abcdef 0.aaaaaa - " + identity + " 5 x-1/99999/1/0";
  }
}

}  // namespace tributary::sim
