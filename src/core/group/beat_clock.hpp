#pragma once

#include <algorithm>

#include "core/base/time.hpp"

namespace tributary::group {

/// Time that only passes while Redis answers: the sum of the intervals between beats that succeeded
/// without a break. Retention and sweeping are measured by it, so that an outage of Redis uses up nobody's
/// time to come back.
class BeatClock {
 public:
  explicit BeatClock(TimeMs longest_step_ms) : longest_step_ms_(longest_step_ms) {}
  void succeeded(TimeMs now) {
    if (last_ >= 0) elapsed_ += std::min(now - last_, longest_step_ms_);
    last_ = now;
  }
  TimeMs elapsed() const { return elapsed_; }

 private:
  TimeMs longest_step_ms_;
  TimeMs last_ = -1;
  TimeMs elapsed_ = 0;
};

}  // namespace tributary::group
