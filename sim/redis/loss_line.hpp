#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tributary::sim {

/// The value of a field of a stream's entry, which are name, value, and so on; empty if it has none of that name.
std::string field_value(std::span<const std::string> fields, std::string_view name);

/// A line of the loss ledger, read without the code that is checked.
struct LossLine {
  std::string reason, view, lane, identity;
  std::uint64_t after = 0, to = 0;
  bool tail_unknown = false;
  bool certain = false;  ///< known to be lost

  explicit LossLine(std::span<const std::string> fields);
  /// Whether it speaks of this position of a lane.
  bool covers(std::string_view of, std::uint32_t index, std::uint64_t position) const {
    return view == of && lane == std::to_string(index) && position > after &&
           (tail_unknown || position <= to);
  }
};

}  // namespace tributary::sim
