#include "core/plan/autoscale.hpp"

#include <algorithm>
#include <cmath>

namespace tributary::plan {
namespace {

constexpr TimeMs kWindow_ms = 5'000;
constexpr TimeMs kShortestWindow_ms = 900;
constexpr TimeMs kSettle_ms = 1'500;  // after a change: until it shows in the figures
constexpr TimeMs kCalmBeforeDown_ms = 30'000;
constexpr TimeMs kBetweenSteps_ms = 10'000;
constexpr double kWantedBusy = 0.8;
constexpr double kMuchBusy = 0.75;
constexpr double kDrain_s = 10;
constexpr double kLongBacklog_s = 2;
constexpr double kSlack = 4.0 / 3;  // fewer only if so much more than needed is there

std::string rounded(double value) { return std::to_string(static_cast<long long>(std::llround(value))); }

std::uint64_t since(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

}  // namespace

Autoscaler::Speeds Autoscaler::measure() const {
  Speeds speeds;
  const auto& first = window_.front();
  const auto& last = window_.back();
  const double seconds = static_cast<double>(last.at - first.at) / 1000;
  if (seconds <= 0) return speeds;
  speeds.arrival = static_cast<double>(since(last.received, first.received)) / seconds;
  speeds.commit = static_cast<double>(since(last.committed, first.committed)) / seconds;
  for (const auto& sample : window_) speeds.busy += sample.busy * sample.consumers;
  speeds.busy /= static_cast<double>(window_.size());
  return speeds;
}

Advice Autoscaler::advise(const Sample& sample, ScaleBounds bounds) {
  bounds.minimum = std::max(bounds.minimum, 1u);
  bounds.maximum = std::max(bounds.maximum, bounds.minimum);
  const auto within = [&](double consumers) {
    return static_cast<std::uint32_t>(
        std::clamp(consumers, static_cast<double>(bounds.minimum), static_cast<double>(bounds.maximum)));
  };
  window_.push_back(sample);
  while (window_.back().at - window_.front().at > kWindow_ms) window_.pop_front();
  const auto now = sample.at;
  const auto current = sample.consumers;
  if (current < bounds.minimum) return {bounds.minimum, "at the minimum"};
  if (current > bounds.maximum) return {bounds.maximum, "at the maximum"};
  if (now - window_.front().at < kShortestWindow_ms) return {current, "measuring"};
  if (now - changed_at_ < kSettle_ms) return {current, "waiting for the last change to show"};

  const auto speeds = measure();
  if (speeds.busy > 0.05 && speeds.commit > 0) per_consumer_ = speeds.commit / speeds.busy;
  const double busy_share = current == 0 ? 0 : speeds.busy / current;
  const bool grows = sample.backlog > window_.front().backlog;
  if (per_consumer_ <= 0) {
    if (sample.backlog > 0 && sample.busy >= kMuchBusy && grows && current < bounds.maximum) {
      // Busy, and nothing came out yet: the messages are slow. One more at a time until there is a speed to
      // go by.
      changed_at_ = changed_up_at_ = now;
      return {current + 1, "busy, and nothing finished yet"};
    }
    return {current, "no speed of a consumer measured yet"};
  }

  const double backlog = static_cast<double>(sample.backlog);
  const double needed =
      std::ceil(speeds.arrival / per_consumer_ / kWantedBusy + backlog / per_consumer_ / kDrain_s);
  const auto told = rounded(speeds.arrival) + "/s arrive, a consumer does " + rounded(per_consumer_) +
                    "/s, backlog " + std::to_string(sample.backlog);
  const bool long_backlog = backlog > kLongBacklog_s * per_consumer_ * std::max(1u, current);
  if (busy_share >= kMuchBusy && (grows || long_backlog) && needed > current) {
    fewer_since_ = -1;
    const auto more = within(std::min(needed, std::max(2.0 * current, current + 1.0)));
    if (more > current) {
      changed_at_ = changed_up_at_ = now;
      return {more, "up: " + told};
    }
    return {current, "at the maximum: " + told};
  }
  if (current > bounds.minimum && current > std::max(1.0, needed) * kSlack) {
    if (fewer_since_ < 0) fewer_since_ = now;
    const bool calm = now - fewer_since_ >= kCalmBeforeDown_ms &&
                      now - changed_up_at_ >= kCalmBeforeDown_ms && now - changed_at_ >= kBetweenSteps_ms;
    if (!calm) return {current, "could be fewer, waiting to be sure: " + told};
    changed_at_ = now;
    const double fewer = std::max({std::floor(current * 0.9 + 1e-9), std::max(1.0, needed), 1.0});
    return {within(std::min(fewer, current - 1.0)), "down: " + told};
  }
  fewer_since_ = -1;
  return {current, "enough: " + told};
}

}  // namespace tributary::plan
