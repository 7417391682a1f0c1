#pragma once

#include <cstdint>
#include <string>

#include "core/group/node.hpp"
#include "explore/digest.hpp"

namespace tributary::group {

/// Looks inside a node, where the explorer must: nothing else may.
struct NodeInspector {
  /// Everything that can make a difference to what the node does from now on: times relative to `now`, and no
  /// further than they matter.
  static void digest(const Node& node, TimeMs now, explore::Digest& out);
  /// Before each event: chance is a function of what the event happens to, and counters that are only shown
  /// are 0.
  static void prepare(Node& node, std::uint64_t seed);
  /// While nothing is under way to or from the node: numbers of calls and take-ups start over.
  static void renumber(Node& node);
  static bool has_declarations(const Node& node) { return !node.declarations_.empty(); }
};

}  // namespace tributary::group
