#include "core/plan/autoscale.hpp"

#include <algorithm>
#include <cmath>

namespace tributary::plan {
namespace {

constexpr TimeMs kShortestWindow_ms = 5'000;
constexpr TimeMs kLongestWindow_ms = 30'000;
constexpr double kMessagesInWindow = 10;  // of each consumer: with slow messages the window is longer
constexpr TimeMs kRecent_ms = 1'500;
constexpr TimeMs kLag_ms = 600;              // after a change: until figures tell of it
constexpr TimeMs kShortestMeasure_ms = 900;  // two beats' worth
constexpr TimeMs kCalmBeforeDown_ms = 30'000;
constexpr TimeMs kBetweenStepsDown_ms = 10'000;
constexpr double kWantedBusy = 0.8;
constexpr double kMuchBusy = 0.75;
constexpr double kDrain_s = 10;
constexpr double kLongBacklog_s = 2;
constexpr double kSlack = 4.0 / 3;        // fewer only if so much more than needed is there
constexpr double kSmallStep = 1.3;        // growth whose gain may hide in noise
constexpr double kLeastGain = 0.25;       // of what twice as many would do if nothing else limited them
constexpr double kOtherThroughput = 0.8;  // messages take longer now: what was measured before says nothing

std::string rounded(double value) {
  const auto tenths = std::llround(value * 10);
  if (value >= 10 || tenths % 10 == 0) return std::to_string(std::llround(value));
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

double rate(std::uint64_t now, std::uint64_t before, TimeMs time) {
  return time > 0 && now > before ? static_cast<double>(now - before) * 1000 / static_cast<double>(time) : 0;
}

// The rate that a short time shows without being chance: messages that come at random differ by the root of
// their number.
double surely(std::uint64_t now, std::uint64_t before, TimeMs time) {
  const auto came = now > before ? static_cast<double>(now - before) : 0;
  return time > 0 ? std::max(0.0, came - 2 * std::sqrt(came)) * 1000 / static_cast<double>(time) : 0;
}

// Messages at which nobody is yet.
double waiting(const Sample& sample) {
  return std::max(0.0, static_cast<double>(sample.backlog) - sample.busy * sample.consumers);
}

std::uint32_t within(double consumers, ScaleBounds bounds) {
  return static_cast<std::uint32_t>(
      std::clamp(consumers, static_cast<double>(bounds.minimum), static_cast<double>(bounds.maximum)));
}

}  // namespace

void Autoscaler::remember(const Sample& sample) {
  // A node that comes or goes takes its figures with it: sums of before and after cannot be compared.
  if (!window_.empty() &&
      (sample.nodes != window_.back().nodes || sample.received < window_.back().received ||
       sample.committed < window_.back().committed)) {
    window_.clear();
  }
  window_.push_back(sample);
  auto length = kShortestWindow_ms;
  if (per_consumer_ > 0) {
    length = std::clamp(static_cast<TimeMs>(std::min(kMessagesInWindow / per_consumer_, 1e6) * 1000),
                        kShortestWindow_ms, kLongestWindow_ms);
  }
  while (window_.back().at - window_.front().at > length) window_.pop_front();
}

// What arrives, over the whole window. What is done, since the last change began to show. Nothing if that was
// too short a time ago.
std::optional<Autoscaler::Figures> Autoscaler::measure() const {
  const auto& last = window_.back();
  const auto first = std::find_if(window_.begin(), window_.end(),
                                  [&](const Sample& sample) { return sample.at >= changed_at_ + kLag_ms; });
  if (first == window_.end() || last.at - first->at < kShortestMeasure_ms) return std::nullopt;
  const auto recent = std::find_if(window_.begin(), window_.end(),
                                   [&](const Sample& sample) { return sample.at >= last.at - kRecent_ms; });
  Figures figures;
  figures.arrival = std::max(rate(last.received, window_.front().received, last.at - window_.front().at),
                             surely(last.received, recent->received, last.at - recent->at));
  figures.commit = rate(last.committed, first->committed, last.at - first->at);
  figures.grows = last.backlog > first->backlog;
  const auto average = [&](auto begin, auto value) {
    double sum = 0;
    for (auto sample = begin; sample != window_.end(); ++sample) sum += value(*sample);
    return sum / static_cast<double>(window_.end() - begin);
  };
  figures.busy = average(first + 1, [](const Sample& sample) { return sample.busy * sample.consumers; });
  figures.pressed = average(std::max(first, recent) + 1, [](const Sample& sample) { return sample.pressed; });
  return figures;
}

Advice Autoscaler::advise(const Sample& sample, ScaleBounds bounds) {
  bounds.minimum = std::max(bounds.minimum, 1u);
  bounds.maximum = std::max(bounds.maximum, bounds.minimum);
  remember(sample);
  if (sample.consumers < bounds.minimum) return {bounds.minimum, "at the minimum"};
  if (sample.consumers > bounds.maximum) return {bounds.maximum, "at the maximum"};
  auto advice = decide(sample, bounds);
  if (advice.consumers != sample.consumers) {
    changed_at_ = sample.at;
    if (advice.consumers > sample.consumers) changed_up_at_ = sample.at;
  }
  return advice;
}

Advice Autoscaler::decide(const Sample& sample, ScaleBounds bounds) {
  const auto figures = measure();
  if (!figures) return {sample.consumers, "measuring"};
  if (figures->busy > 0.05 && figures->commit > 0) per_consumer_ = figures->commit / figures->busy;
  const auto left = waiting(sample);
  if (per_consumer_ <= 0 && left > 0) return grow_blindly(sample, *figures, bounds);
  const double needed = consumers_needed(*figures, left);
  const auto speed =
      per_consumer_ > 0 ? "a consumer does " + rounded(per_consumer_) + "/s" : "consumers were not busy yet";
  const auto told =
      rounded(figures->arrival) + "/s arrive, " + speed + ", backlog " + std::to_string(sample.backlog);
  needs_.push_back({sample.at, needed});
  while (sample.at - needs_.front().at > kCalmBeforeDown_ms) needs_.pop_front();
  const bool long_backlog = left > kLongBacklog_s * per_consumer_ * std::max(1u, sample.consumers);
  const bool short_of = left > 0 && figures->pressed >= kMuchBusy && (figures->grows || long_backlog);
  if (!short_of) unproven_.reset();  // they have caught up, or wait for something else
  if (short_of && needed > sample.consumers) return grow(sample, *figures, needed, bounds, told);
  return shrink(sample, bounds, told);
}

double Autoscaler::consumers_needed(const Figures& figures, double left) const {
  if (per_consumer_ <= 0) return std::max(1.0, std::ceil(figures.busy / kWantedBusy));
  return std::max(1.0, std::ceil((figures.arrival / kWantedBusy + left / kDrain_s) / per_consumer_));
}

// Busy, and nothing came out yet: the messages are slow. More until there is a speed to go by.
Advice Autoscaler::grow_blindly(const Sample& sample, const Figures& figures, ScaleBounds bounds) {
  if (waiting(sample) < 1 || figures.pressed < kMuchBusy || !figures.grows) {
    return {sample.consumers, "no speed of a consumer measured yet"};
  }
  return {within(std::min(2.0 * sample.consumers, sample.consumers + waiting(sample)), bounds),
          "busy, and nothing finished yet"};
}

Advice Autoscaler::grow(const Sample& sample, const Figures& figures, double needed, ScaleBounds bounds,
                        const std::string& told) {
  const double current = sample.consumers;
  fewer_since_ = -1;
  if (!last_step_helped(figures, sample.consumers)) {
    return {sample.consumers, "more did not help, something else limits them: " + told};
  }
  const auto more = within(std::min(needed, std::max(2 * current, current + 4)), bounds);
  if (more <= sample.consumers) return {sample.consumers, "at the maximum: " + told};
  if (!unproven_) unproven_ = Step{current, per_consumer_ * sample.busy * current};
  return {more, "up: " + told};
}

// What all consumers share (a database, the cores) may be what limits them; then more of them only wait for
// it. So the gain of a step has to show before the next one. Several small ones are judged together.
bool Autoscaler::last_step_helped(const Figures& figures, std::uint32_t consumers) {
  if (!unproven_) return true;
  const double growth = consumers / unproven_->consumers;
  if (growth < kSmallStep) return true;
  const bool gained = figures.commit >= unproven_->commit * (1 + kLeastGain * (growth - 1));
  const bool other_messages = figures.commit < unproven_->commit * kOtherThroughput;
  if (!gained && !other_messages) return false;
  unproven_.reset();
  return true;
}

Advice Autoscaler::shrink(const Sample& sample, ScaleBounds bounds, const std::string& told) {
  const auto most = std::max_element(needs_.begin(), needs_.end(), [](const Need& a, const Need& b) {
                      return a.consumers < b.consumers;
                    })->consumers;
  const bool fewer = sample.consumers > bounds.minimum && sample.consumers > needs_.back().consumers * kSlack;
  if (!fewer) {
    fewer_since_ = -1;
    return {sample.consumers, "enough: " + told};
  }
  if (fewer_since_ < 0) fewer_since_ = sample.at;
  const bool calm = sample.at - fewer_since_ >= kCalmBeforeDown_ms &&
                    sample.at - changed_up_at_ >= kCalmBeforeDown_ms &&
                    sample.at - changed_at_ >= kBetweenStepsDown_ms && sample.consumers > most * kSlack;
  if (!calm) return {sample.consumers, "could be fewer, waiting to be sure: " + told};
  return {within(std::max(most, std::ceil(sample.consumers / 2.0)), bounds), "down: " + told};
}

}  // namespace tributary::plan
