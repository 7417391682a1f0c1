#pragma once

#include <cstdint>
#include <vector>

namespace tributary::journal {

/// Which lane each position of a view belongs to: the weights laid out evenly in a table of as many slots as
/// their sum; slot of position n is (n-1) mod size. A pure function of the weights, so every member has the
/// same table.
///
/// Within a lane, messages are numbered from 0: `rank`. Positions count from 1; 0 means "before the first".
class Slots {
 public:
  Slots() = default;
  /// A view in which nobody has weight has no slots: its messages belong to nobody.
  explicit Slots(const std::vector<std::uint32_t>& weights);

  bool empty() const { return lane_of_slot_.empty(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(lane_of_slot_.size()); }
  std::uint32_t lane_count() const { return static_cast<std::uint32_t>(slots_of_lane_.size()); }
  std::uint32_t lane_of_slot(std::uint32_t slot) const { return lane_of_slot_[slot]; }

  /// Messages of the lane among the first `position` of the view.
  std::uint64_t count_up_to(std::uint32_t lane, std::uint64_t position) const;
  /// The position of the lane's message number `rank`. The lane must have weight.
  std::uint64_t position_of(std::uint32_t lane, std::uint64_t rank) const;
  /// The last of the lane's positions that is not above `length`; 0 if there is none.
  std::uint64_t last_position(std::uint32_t lane, std::uint64_t length) const;

 private:
  std::vector<std::uint32_t> lane_of_slot_;
  std::vector<std::vector<std::uint32_t>> slots_of_lane_;  // ascending
};

}  // namespace tributary::journal
