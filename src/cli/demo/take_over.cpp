#include "cli/demo/take_over.hpp"

namespace tributary::cli {

void TakeOver::read(const observe::GroupStatus& status, TimeMs now) {
  for (const auto& lane : status.lanes) {
    if (lane.owner == dead_) left_at_[lane.id] = lane.position;
  }
  if (!duration_ && taken_over(status)) duration_ = now - died_;
}

bool TakeOver::taken_over(const observe::GroupStatus& status) const {
  const auto* dead = status.find(dead_);
  if (dead != nullptr && dead->listed) return false;
  for (const auto& lane : status.lanes) {
    const auto left = left_at_.find(lane.id);
    if (left == left_at_.end()) continue;
    if (lane.owner.empty() || lane.owner == dead_ || lane.position <= left->second) return false;
  }
  return true;
}

}  // namespace tributary::cli
