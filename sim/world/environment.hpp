#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "core/base/random.hpp"
#include "core/base/time.hpp"

namespace tributary::sim {

/// Simulated time: what is to happen, in order of time, and of being asked for where times are equal.
class Events {
 public:
  using Action = std::function<void()>;

  TimeMs now() const { return now_; }
  std::uint64_t done() const { return done_; }
  void at(TimeMs time, Action action) {
    queue_.push({time < now_ ? now_ : time, ++asked_, std::move(action)});
  }
  void after(TimeMs delay, Action action) { at(now_ + delay, std::move(action)); }
  bool run_next() {
    if (queue_.empty()) return false;
    now_ = queue_.top().time;
    // The queue gives no way to move out of it; it is gone in the next line.
    const Action action = std::move(const_cast<Event&>(queue_.top()).action);
    queue_.pop();
    ++done_;
    action();
    return true;
  }

 private:
  struct Event {
    TimeMs time;
    std::uint64_t number;
    Action action;
    bool operator<(const Event& other) const {
      return time != other.time ? time > other.time : number > other.number;
    }
  };
  std::priority_queue<Event> queue_;
  TimeMs now_ = 0;
  std::uint64_t asked_ = 0, done_ = 0;
};

/// What every part of the world shares: time, chance, the record of what happened, and the verdict.
class Environment {
 public:
  Environment(std::uint64_t seed, bool traced, bool loud) : random(seed), traced_(traced), loud_(loud) {}

  Events events;
  Random random;

  TimeMs now() const { return events.now(); }
  std::uint64_t below(std::uint64_t bound) { return random.below(bound); }
  /// From low to high, both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(std::uint64_t percent) { return random.below(100) < percent; }

  /// Whether note() is wanted: making the text costs more than the simulation.
  bool traced() const { return traced_; }
  void note(const std::string& text);
  const std::deque<std::string>& trace() const { return trace_; }

  /// The first violation counts; the world stops.
  void violation(const std::string& what) {
    if (!violation_.empty()) return;
    violation_ = what;
    if (traced_) note("VIOLATION " + what);
  }
  bool failed() const { return !violation_.empty(); }
  const std::string& violation() const { return violation_; }

 private:
  bool traced_, loud_;
  std::deque<std::string> trace_;
  std::string violation_;
};

}  // namespace tributary::sim
