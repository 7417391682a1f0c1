#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "relay/run.hpp"

namespace tributary::relay {

/// What was handed out of one lane, by rank, and the results that wait for an earlier one. Belongs to the
/// node's thread.
class LaneRuns {
 public:
  /// The server has everything below `acknowledged`: runs of that alone are abandoned and forgotten. It may
  /// be lower than before, when Redis went back in time: then what is not kept any more is to be handed out
  /// again, and nothing is kept from `window` messages above it on.
  void follow(std::uint64_t acknowledged, std::uint64_t window);
  std::uint64_t acknowledged() const { return acknowledged_; }

  /// Messages to be handed out next, up to, not including, `limit`: those before them are handed out.
  struct Hole {
    std::uint64_t first = 0, end = 0;
    bool empty() const { return first >= end; }
  };
  Hole next_hole(std::uint64_t limit);
  /// A run of the next hole's first messages.
  void add(std::shared_ptr<Run> run);
  /// Puts the parts in the place of the run they were split from.
  void replace(const Run& run, const SplitRun& parts);

  /// The rank below which all results are there.
  std::uint64_t completed() const;
  /// The run that the message is in, if there is one.
  std::shared_ptr<Run> covering(std::uint64_t rank) const;
  /// All of it; the end of this lane here.
  void abandon() const;

 private:
  std::map<std::uint64_t, std::shared_ptr<Run>> runs_;  // by first rank; none overlap
  std::uint64_t acknowledged_ = 0;
  std::uint64_t next_ = 0;  // everything from acknowledged_ to here is in runs_
};

}  // namespace tributary::relay
