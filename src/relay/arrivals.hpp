#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "core/group/view.hpp"

namespace tributary::relay {

/// When messages were received, by view and position: a mark for each batch read, or one for those of a millisecond. Bounded:
/// of what waits for long, several batches share a mark, and count as received with the first of them. Pure: told the time,
/// in microseconds.
class Arrivals {
 public:
  struct Mark {
    std::uint64_t position;  ///< of the last message that came then
    std::int64_t at_us;
  };

  /// So many messages of the view have been received now.
  void note(const group::ViewId& view, std::uint64_t count, std::int64_t now_us);
  /// When the message was; nothing if nobody noted it.
  std::optional<std::int64_t> at(const group::ViewId& view, std::uint64_t position) const;
  /// Calls take(at_us, last) for the times at which messages of the positions from `first` to `last` came; the second is the
  /// last position that came then.
  template <class Take>
  void each(const group::ViewId& view, std::uint64_t first, std::uint64_t last, Take take) const {
    const auto found = views_.find(view);
    if (found == views_.end()) return;
    for (auto mark = from(found->second, first); mark != found->second.end(); ++mark) {
      take(mark->at_us, std::min(mark->position, last));
      if (mark->position >= last) return;
    }
  }
  /// Nobody will ask for what is below that position of the view.
  void forget_below(const group::ViewId& view, std::uint64_t position);
  void forget(const group::ViewId& view) { views_.erase(view); }
  template <class Held>
  void keep_only(Held held) {
    std::erase_if(views_, [&](const auto& entry) { return !held(entry.first); });
  }

 private:
  using Marks = std::deque<Mark>;
  static Marks::const_iterator from(const Marks& marks, std::uint64_t position);
  static void thin(Marks& marks);

  std::map<group::ViewId, Marks> views_;
};

}  // namespace tributary::relay
