#pragma once

#include <cstdint>
#include <optional>

#include "core/group/actions.hpp"
#include "core/group/calls.hpp"

namespace tributary::relay {

/// What this node knows of messages that were not appended because their id was, within the window: from the answers to its
/// commits (commit.lua), so of a lost answer nothing. The group's number is in the state. Belongs to the loop's thread.
class Duplicates {
 public:
  explicit Duplicates(const group::IdWindow& window) : window_(window) {}

  /// What the answer to a commit of this node says. Returns what there is to tell: that the window is shorter than it
  /// should be because of the most ids that may be kept, or as long as it should be again; each once.
  std::optional<group::Report> take(const group::Answer& answer);

  const group::IdWindow& window() const { return window_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  group::IdWindow window_;
  std::uint64_t dropped_ = 0;
  bool told_short_ = false;
};

}  // namespace tributary::relay
