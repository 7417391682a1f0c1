#include <utility>

#include "sim/world/server.hpp"

// Where several processes are there at once: one that the group has moved to, and one that goes on without it.
namespace tributary::sim {
namespace {

constexpr TimeMs kSlowestBus_ms = 3;

}  // namespace

bool Server::publish_to_zombie(std::uint32_t message, const std::string& payload) {
  for (std::size_t life = current_life(); life-- > 0;) {
    if (!lives_[life]->alive) continue;
    append(life, {true, false, message, payload});
    return true;
  }
  return false;
}

// A cluster's bus.
void Server::bring_elsewhere(const std::string& text) {
  for (std::size_t life = 0; life < current_life(); ++life) {
    if (!lives_[life]->alive || lives_[life]->refusal.empty()) continue;
    environment_.events.after(environment_.between(0, kSlowestBus_ms), [this, life, text] {
      append(life, {false, true, 0, text});
    });
  }
}

// The server's commands are refused one way or another until the last key is there.
void Server::move_slot(TimeMs moving_ms) {
  if (moving_ || state_ != State::up) return;
  moving_ = true;
  const auto change = state_changes_;
  environment_.events.after(moving_ms, [this, change] {
    moving_ = false;
    if (change != state_changes_) return;
    hand_over("MOVED 7365 another:6379");
  });
}

// To another process, which has all of the data.
void Server::hand_over(const std::string& refusal) {
  lives_.back()->refusal = refusal;
  go_back(0);
  replication_id_ = environment_.random.hex(12);
  new_life();
}

void Server::part(const Partition& partition) {
  if (alone_ || state_ != State::up || moving_) return;
  const auto old = current_life();
  alone_ = std::make_unique<Alone>(*this, redis_, old);
  alone_->partition = partition;
  watcher_.on_left_alone(old, alone_->data);
  for (const auto& link : std::vector(commands_)) {
    if (link->life != old || is_with_alone(link->node)) continue;
    if (partition.half_open) link->mute = link->deaf = true;
    if (!partition.half_open) cut(link, 0);
  }
  for (const auto& link : std::vector(subscribers_)) {
    if (link->life != old || is_with_alone(link->node)) continue;
    if (partition.half_open) link->mute = true;
    if (!partition.half_open) cut(link);
  }
  go_back(partition.lost_ms);
  replication_id_ = environment_.random.hex(12);
  new_life();
  set_state(State::down);
  come_up(State::up, environment_.now() + partition.promotion_ms);
  environment_.events.after(partition.works_ms, [this, old] {
    if (!is_alone(old)) return;
    alone_->works = false;
    environment_.events.after(alone_->partition.refuses_ms, [this, old] {
      if (is_alone(old)) give_way();
    });
  });
}

// The network is whole again: the old primary follows the new one.
void Server::give_way() {
  if (!alone_) return;
  auto& life = *lives_[alone_->life];
  life.refusal = alone_->partition.gives_way;
  if (environment_.traced()) environment_.note("the primary that was alone gives way");
  if (alone_->partition.tells) {
    life.alive = false;
    for (const auto& link : std::vector(subscribers_)) {
      if (link->life == alone_->life && link->open) cut(link);
    }
  }
  watcher_.on_alone_no_more();
  alone_.reset();
}

}  // namespace tributary::sim
