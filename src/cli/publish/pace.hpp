#pragma once

#include <chrono>
#include <cstdint>

#include "cli/options/settings.hpp"
#include "core/base/random.hpp"

namespace tributary::cli {

/// When to publish how much. Pure: told the time, it never asks for it.
class Pace {
 public:
  using Time = std::chrono::nanoseconds;  ///< since publishing began

  Pace(const PublishSettings& settings, std::uint64_t seed);

  struct Turn {
    std::uint64_t messages = 0;  ///< to publish now
    Time next{0};                ///< when to ask again
    bool finished = false;       ///< nothing more, ever
  };
  /// `sent`: messages published so far.
  Turn turn(Time now, std::uint64_t sent);

  /// Redis was away until now: what fell due meanwhile is not made up for.
  void skip_to(Time now, std::uint64_t sent);

  /// How much is done, from 0 to 1.
  double fraction(Time now, std::uint64_t sent) const;

 private:
  Turn even_turn(Time now, std::uint64_t sent);

  std::uint64_t rate_;        // 0: not even
  std::uint64_t batch_size_;  // of the default manner; 0: as fast as it goes
  std::uint64_t limit_;       // messages
  Time deadline_;
  Time even_start_{0};  // the even manner counts from here
  std::uint64_t even_sent_ = 0;
  Random random_;
};

}  // namespace tributary::cli
