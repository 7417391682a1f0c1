#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/base/time.hpp"

namespace tributary::plan {

/// What the leader sees of the whole group at one beat.
struct Sample {
  TimeMs at = 0;
  std::uint64_t received = 0;   ///< messages of the channel since some start
  std::uint64_t committed = 0;  ///< by all nodes, since some start
  std::uint64_t backlog = 0;    ///< received and not committed
  std::uint32_t consumers = 0;
  double busy = 0;  ///< share of consumers that are at a message, 0 to 1
};

struct ScaleBounds {
  std::uint32_t minimum = 1;
  std::uint32_t maximum = 1;
};

/// How many consumers there should be, and why, in words for `status`.
struct Advice {
  std::uint32_t consumers = 1;
  std::string why;
};

/// Decides how many consumers a group needs. Pure: a function of the samples it was given and of its own last
/// decisions.
///
///   needed = what arrives, over what one busy consumer does, kept at 80 % busy, and enough to end the
///   backlog in 10 s up     at once, when consumers are busy and the backlog grows or would take more than 2
///   s to end; at most doubled
///          at a time (and by at least 1), then measured again
///   down   slowly: after 30 s in which fewer were needed without a break, by a tenth (at least 1), again
///   after 10 s
///
/// Never flaps: between `needed` and a third above it nothing changes, and after a step up nothing goes down
/// for 30 s. Never below the minimum or above the maximum; while the speed of a consumer is not known
/// (nothing was busy yet) the number stays.
class Autoscaler {
 public:
  Advice advise(const Sample& sample, ScaleBounds bounds);

 private:
  struct Speeds {
    double arrival = 0;  // messages/s
    double commit = 0;   // messages/s
    double busy = 0;     // consumers, on average
  };
  Speeds measure() const;

  std::deque<Sample> window_;
  double per_consumer_ = 0;  // messages/s of one busy consumer, when last measured; 0: not yet
  TimeMs changed_up_at_ = -1'000'000;
  TimeMs changed_at_ = -1'000'000;
  TimeMs fewer_since_ = -1;
};

}  // namespace tributary::plan
