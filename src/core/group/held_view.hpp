#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/base/time.hpp"
#include "core/group/view.hpp"
#include "core/journal/journal.hpp"

namespace tributary::group {

/// What the last answer that counts said of one lane.
struct HeldLane {
  bool open = false;
  MemberId owner;     ///< empty: released
  bool held = false;  ///< its owner is there
  std::uint64_t position = 0;
  std::optional<std::uint64_t> end;

  /// Ranks known to be committed, with the beat clock at the answer that showed it; forgotten a
  /// replay window later.
  struct Committed {
    TimeMs at;
    std::uint64_t rank;
  };
  std::deque<Committed> committed;
};

/// A view of which this node read the marker, and the journal it keeps of it, whatever member id it had then.
struct HeldView {
  HeldView(View v, GroupNonce n, bool mine)
      : view(std::move(v)), nonce(std::move(n)), lists_me(mine), journal(view.weights(), view.keys()) {
    lanes.resize(view.lane_count());
    counted.resize(view.lane_count());
  }
  /// Of an earlier process. What it knew of the view's end holds; whatever else it knew has to be told again.
  HeldView(View v, GroupNonce n, journal::FoundView&& found)
      : view(std::move(v)),
        nonce(std::move(n)),
        lists_me(true),
        mixed(found.about.mixed),
        growing(false),
        journal(view.weights(), view.keys(), std::move(found)) {
    length = journal.found_length();
    lanes.resize(view.lane_count());
    counted.resize(view.lane_count());
  }

  View view;
  GroupNonce nonce;
  bool lists_me;                        ///< this node was a member of it
  std::optional<std::uint64_t> length;  ///< known to who read the next marker on the same connection

  /// A marker of another group on this server was read while it grew. Should that turn out to be what came
  /// after this group (somebody deleted its state, or Redis lost it), then others count what followed in the
  /// views of that one.
  bool mixed = false;

  bool growing = true;  ///< the subscriber connection it began on is in it still
  journal::Journal journal;

  /// Whether the server still has to be asked about it, since its data may have gone back to
  /// before this view.
  enum class Revival { not_needed, needed, asked, settled };
  Revival revival = Revival::not_needed;

  bool said = false;     ///< an answer that counts told whether it is open or closed
  bool open = false;     ///< and that it is open
  TimeMs closed_at = 0;  ///< beat clock when first said closed
  std::vector<HeldLane> lanes;
  std::vector<std::uint64_t>
      counted;  ///< of each lane: ranks below it that this node saw committed, and counted

  std::uint64_t rank_at(std::uint32_t lane, std::uint64_t position) const {
    return journal.rank_at(lane, position);
  }
  /// Holds the lane's next message after `position`.
  bool holds_next(std::uint32_t lane, std::uint64_t position) const {
    return !journal.given_up(lane) && journal.lane(lane).holds(rank_at(lane, position));
  }
  /// Nothing of the lane is left after `position`, up to the view's known length.
  bool ends_at(std::uint32_t lane, std::uint64_t position) const {
    return length && rank_at(lane, position) >= rank_at(lane, *length);
  }
};

}  // namespace tributary::group
