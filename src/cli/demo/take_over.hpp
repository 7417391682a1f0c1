#pragma once

#include <map>
#include <optional>

#include "core/base/time.hpp"
#include "observe/group_status.hpp"

namespace tributary::cli {

/// Watches, from readings of the group, how what a dead member left gets into other hands.
/// Pure: told the time.
class TakeOver {
 public:
  TakeOver(group::MemberId dead, TimeMs died) : dead_(std::move(dead)), died_(died) {}

  /// Call with every reading since before the death, in order.
  void read(const observe::GroupStatus& status, TimeMs now);

  /// From the death until the first reading at which the view did not list the dead member and each lane it
  /// had owned was closed, or owned by another who had committed to it.
  std::optional<TimeMs> duration_ms() const { return duration_; }

 private:
  bool taken_over(const observe::GroupStatus& status) const;

  group::MemberId dead_;
  TimeMs died_;
  std::map<group::LaneId, std::uint64_t>
      left_at_;  // position of each lane when the dead member was last seen to own it
  std::optional<TimeMs> duration_;
};

}  // namespace tributary::cli
