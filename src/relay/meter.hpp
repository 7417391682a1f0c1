#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

#include "core/group/node.hpp"
#include "relay/arrivals.hpp"
#include "relay/histogram.hpp"

namespace tributary::relay {

/// Of a clock that only goes forward.
inline std::int64_t now_us() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

/// How long processing takes, and how often it is tried again. Any thread.
class ProcessingMeter {
 public:
  /// So many messages, together.
  void took(std::int64_t us, std::uint64_t messages = 1) {
    const std::lock_guard lock(mutex_);
    seconds_.add(static_cast<double>(us) / 1e6 / static_cast<double>(messages), messages);
  }
  void failed_attempt() {
    const std::lock_guard lock(mutex_);
    ++retries_;
  }
  Histogram seconds() const {
    const std::lock_guard lock(mutex_);
    return seconds_;
  }
  std::uint64_t retries() const {
    const std::lock_guard lock(mutex_);
    return retries_;
  }

 private:
  mutable std::mutex mutex_;
  Histogram seconds_{1e-6, 1e-5, 1e-4, .001, .0025, .005, .01, .025, .05, .1,
                     .25,  .5,   1,    2.5,  5,     10,   30,  60,   300};
  std::uint64_t retries_ = 0;
};

/// What became of a commit, as the server answered.
enum class CommitResult { ok, gap, fenced, gone, other_server, failed, refused, unsettled, in_part, unknown };
/// "ok", "gap", ...: as metrics call it.
const char* name_of(CommitResult result);

/// What a relay counts only where somebody may ask for it: something for each batch and each commit, nothing for a message.
/// Belongs to the loop's thread.
class Meter {
 public:
  struct Commit {
    group::CommitWay way = group::CommitWay::script;
    std::int64_t sent_us = 0;
    group::LaneId lane;
    std::uint64_t first = 0, end = 0;  ///< ranks
    std::uint64_t dead_lettered = 0, dropped = 0;
  };
  using Results = std::map<std::pair<group::CommitWay, CommitResult>, std::uint64_t>;

  /// What the growing view has received came by now. Before its end is read, and after each batch.
  void note_received(const group::Node& node);
  void sent(group::CallId id, const Commit& commit) { open_[id] = commit; }
  /// Before the node hears of it, which may forget the messages then.
  void answered(group::CallId id, const group::Answer& answer, const group::Node& node);
  /// Of all that is open no answer comes any more.
  void connection_lost();
  /// Now and then: forgets what nobody will ask for.
  void tidy(const group::Node& node);

  /// How long the oldest message of this node's lanes that is not committed has been here; nothing: there is none.
  std::optional<double> oldest_uncommitted_s(const group::Node& node) const;
  const Results& results() const { return results_; }
  std::uint64_t dead_lettered() const { return dead_lettered_; }
  std::uint64_t dropped() const { return dropped_; }
  const Histogram& commit_age_s() const { return commit_age_s_; }
  const Histogram& round_trip_s() const { return round_trip_s_; }
  const Histogram& commit_messages() const { return commit_messages_; }

 private:
  static Results never_yet();
  void count_ages(const Commit& commit, const group::Node& node, std::int64_t now);

  Arrivals arrivals_;
  std::map<group::CallId, Commit> open_;  // two or so
  // Those that say nothing yet are there, too: what appears with its first count was never seen to grow.
  Results results_ = never_yet();
  std::uint64_t dead_lettered_ = 0, dropped_ = 0;
  Histogram commit_age_s_{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800};
  Histogram round_trip_s_{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
  Histogram commit_messages_{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000};
};

}  // namespace tributary::relay
