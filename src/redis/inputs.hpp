#pragma once

#include <string>
#include <vector>

namespace tributary::redis {

/// What a group subscribes to: channels by name, and all that match a pattern. Both sorted, so that all nodes
/// mean the same by "the first".
struct Inputs {
  std::vector<std::string> channels;
  std::vector<std::string> patterns;
  /// Channels of sharded Pub/Sub (SSUBSCRIBE, SPUBLISH), which knows no patterns; all of its own kind.
  bool sharded = false;

  /// There is one channel and no other.
  bool single() const { return channels.size() == 1 && patterns.empty(); }
};

}  // namespace tributary::redis
