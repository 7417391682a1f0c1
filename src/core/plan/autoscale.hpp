#pragma once

#include <cstdint>
#include <deque>
#include <optional>
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
  /// The same, each host counting as much as it has of the backlog; `busy` without backlog.
  double pressed = 0;
  std::uint32_t nodes = 0;  ///< whose figures are in the sums
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
/// decisions. docs/scaling.md has the reasons, and plots of what it does.
///
/// - `needed`: what arrives, over what one busy consumer does, kept at 80 % busy, and enough to end what waits
///   in 10 s.
/// - Up, to `needed`, when consumers are busy where messages wait, and these grow or would take more than 2 s
///   to end. At most doubled at a time (but by 4 at least), then measured again; not again while the step
///   before has not shown that more consumers get more done.
/// - Down, when more than a third above `needed` for 30 s without a break: to the most that was needed in these
///   30 s, at most halved at a time, again after 10 s.
///
/// Never flaps: what it goes down to was enough at every moment of the last 30 s, between `needed` and a
/// third above it nothing changes, and after a step up nothing goes down for 30 s. Never below the minimum or
/// above the maximum.
class Autoscaler {
 public:
  Advice advise(const Sample& sample, ScaleBounds bounds);

 private:
  struct Figures {
    double arrival = 0;  // messages/s
    double commit = 0;   // messages/s
    double busy = 0;     // consumers, on average
    double pressed = 0;  // share, on average
    bool grows = false;  // the backlog
  };
  struct Need {
    TimeMs at = 0;
    double consumers = 0;
  };
  // A step up that has yet to show that it helped.
  struct Step {
    double consumers = 0;  // before it
    double commit = 0;     // what those that were busy did, messages/s
  };

  void remember(const Sample& sample);
  std::optional<Figures> measure() const;
  Advice decide(const Sample& sample, ScaleBounds bounds);
  double consumers_needed(const Figures& figures, double left) const;
  Advice grow_blindly(const Sample& sample, const Figures& figures, ScaleBounds bounds);
  Advice grow(const Sample& sample, const Figures& figures, double needed, ScaleBounds bounds,
              const std::string& told);
  Advice shrink(const Sample& sample, ScaleBounds bounds, const std::string& told);
  bool last_step_helped(const Figures& figures, std::uint32_t consumers);

  std::deque<Sample> window_;
  std::deque<Need> needs_;   // of the last 30 s
  double per_consumer_ = 0;  // messages/s of one busy consumer, when last measured; 0: not yet
  TimeMs changed_at_ = -1'000'000;
  TimeMs changed_up_at_ = -1'000'000;
  TimeMs fewer_since_ = -1;
  std::optional<Step> unproven_;
};

}  // namespace tributary::plan
