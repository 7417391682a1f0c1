#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.hpp"

namespace tributary::plan {

/// What operators asked of the whole group: the hash `tributary:{G}:desired`. Changed by `tributary scale`,
/// `pause`, `resume`, `stop`, or by a plain HSET of these fields:
///
///   state               running, paused or stopped
///   how                 drain or now: how to stop
///   consumers           number of the whole group, or auto
///   minimum, maximum    bounds of auto
///   batch_size          messages of a batch; a commit has at most five
///   idle_timeout_ms     end when nothing was received for this long; 0: never
///   revision, changed_by
struct Desired {
  enum class State { running, paused, stopped };
  State state = State::running;
  bool stop_now = false;
  std::optional<std::uint32_t> consumers;  ///< nothing and not automatic: as many as the hosts have capacity
  bool automatic = false;
  std::uint32_t minimum = 1;
  std::uint32_t maximum = 100;
  std::optional<std::uint32_t> batch_size;  ///< nothing: each node's own setting
  std::optional<TimeMs> idle_timeout_ms;    ///< nothing: each node's own setting
  std::string changed_by;

  friend bool operator==(const Desired&, const Desired&) = default;
};

inline constexpr std::uint32_t kMostConsumers = 100'000;

/// Reads the hash's fields. A value that cannot be understood is complained of, and `last`'s kept.
struct ReadDesired {
  Desired desired;
  std::vector<std::string> complaints;
};
ReadDesired read_desired(const std::vector<std::pair<std::string, std::string>>& fields, const Desired& last);

}  // namespace tributary::plan
