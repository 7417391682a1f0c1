#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"

namespace tributary::process {

/// Which ids this node lately knew to be appended, as a hint: whoever goes by it asks the commit, which knows. So it may forget
/// any of them at any time, and two ids that look alike do no harm. Of a fixed size; any thread.
class RecentIds {
 public:
  /// What is older than `life_ms` by `clock` is not known any more.
  RecentIds(TimeMs life_ms, TimeMs (*clock)());

  static std::uint64_t hash(std::string_view id);
  void add(const std::vector<std::uint64_t>& hashes);
  bool contains(std::string_view id) const;
  void clear();

 private:
  struct Slot {
    std::uint64_t hash = 0;  // never 0 if it is in use
    TimeMs since = 0;
  };

  const TimeMs life_ms_;
  TimeMs (*const clock_)();
  mutable std::mutex mutex_;
  std::vector<Slot> slots_;  // each hash has one, which it takes from whatever was there
};

}  // namespace tributary::process
