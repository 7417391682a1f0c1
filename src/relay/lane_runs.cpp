#include "relay/lane_runs.hpp"

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace tributary::relay {

void LaneRuns::follow(std::uint64_t acknowledged, std::uint64_t window) {
  if (acknowledged < acknowledged_) {
    next_ = acknowledged;
    for (auto run = runs_.lower_bound(acknowledged + window); run != runs_.end(); run = runs_.erase(run)) {
      run->second->abandon.request_stop();
    }
  }
  acknowledged_ = acknowledged;
  next_ = std::max(next_, acknowledged);
  while (!runs_.empty() && runs_.begin()->second->end() <= acknowledged) {
    runs_.begin()->second->abandon.request_stop();  // perhaps another node did it
    runs_.erase(runs_.begin());
  }
}

LaneRuns::Hole LaneRuns::next_hole(std::uint64_t limit) {
  while (const auto run = covering(next_)) next_ = run->end();
  const auto following = runs_.upper_bound(next_);
  return {next_, following == runs_.end() ? limit : std::min(limit, following->first)};
}

void LaneRuns::add(std::shared_ptr<Run> run) {
  TRIBUTARY_CHECK(run->first == next_ && !covering(next_));
  next_ = run->end();
  const auto first = run->first;
  runs_.emplace(first, std::move(run));
}

void LaneRuns::replace(const Run& run, const SplitRun& parts) {
  TRIBUTARY_CHECK(covering(run.first).get() == &run);
  runs_[parts.before->first] = parts.before;
  if (parts.rest) runs_[parts.rest->first] = parts.rest;
}

std::uint64_t LaneRuns::completed() const {
  auto ready = acknowledged_;
  for (const auto& [first, run] : runs_) {
    if (first > ready || !run->complete()) break;
    ready = run->end();
  }
  return ready;
}

std::shared_ptr<Run> LaneRuns::covering(std::uint64_t rank) const {
  auto run = runs_.upper_bound(rank);
  if (run == runs_.begin()) return nullptr;
  --run;
  return run->second->end() > rank ? run->second : nullptr;
}

void LaneRuns::abandon() const {
  for (const auto& [first, run] : runs_) run->abandon.request_stop();
}

}  // namespace tributary::relay
