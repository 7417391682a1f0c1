#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

namespace tributary::journal {

/// The payloads of one lane, in order, numbered from 0 (`rank`): appended at the end, forgotten
/// from the front.
///
/// Kept in segments of bytes with one 4-byte end offset for each payload; no allocation, lock or copy for a
/// message but the one into the segment. Views of payloads stay valid until forgotten, and kPayloadPadding
/// readable bytes follow each. Not thread-safe; other threads may read a payload while the owner keeps it
/// from being forgotten.
class LaneLog {
 public:
  LaneLog() = default;
  LaneLog(const LaneLog& other) { *this = other; }
  LaneLog& operator=(const LaneLog& other);
  LaneLog(LaneLog&&) = default;
  LaneLog& operator=(LaneLog&&) = default;

  /// What is kept as one: `payload`, and `trailer` behind it.
  void append(std::string_view payload, std::string_view trailer = {}) {
    const auto size = payload.size() + trailer.size();
    Segment* last = segments_.empty() ? nullptr : &segments_.back();
    if (!last || !last->fits(size)) last = &grow(size);
    last->append(payload, trailer);
    ++end_;
  }

  std::uint64_t first() const { return first_; }  ///< lowest rank still held
  std::uint64_t end() const { return end_; }      ///< one above the highest
  bool holds(std::uint64_t rank) const { return rank >= first_ && rank < end_; }
  /// Must be held. Looks its segment up; who wants many in a row asks for each().
  std::string_view payload(std::uint64_t rank) const;
  /// Calls take(rank, payload) for each from `first` up to, not including, `end`, until it returns false; all
  /// must be held. Returns the rank it ended at.
  template <class Take>
  std::uint64_t each(std::uint64_t first, std::uint64_t end, Take take) const {
    while (first < end) {
      const Segment& segment = segment_of(first);
      for (const auto last = std::min(end, segment.end_rank()); first < last; ++first) {
        if (!take(first, segment.payload(first))) return first;
      }
    }
    return first;
  }

  /// Forgets everything below `rank`; memory goes back by whole segments, so some may be held
  /// a little longer.
  void forget_below(std::uint64_t rank);
  /// Memory held, in bytes, with the overhead of the index.
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Segment {
    std::unique_ptr<char[]> data;
    std::uint64_t first_rank = 0;
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;
    std::vector<std::uint32_t> ends;  // offset behind each payload

    bool fits(std::size_t size) const { return capacity - used >= size && ends.size() < ends.capacity(); }
    void append(std::string_view payload, std::string_view trailer);
    std::uint64_t end_rank() const { return first_rank + ends.size(); }
    std::string_view payload(std::uint64_t rank) const {
      const auto index = rank - first_rank;
      const std::uint32_t begin = index == 0 ? 0 : ends[index - 1];
      return {data.get() + begin, ends[index] - begin};
    }
    std::uint64_t footprint() const;
  };

  Segment& grow(std::size_t size);
  const Segment& segment_of(std::uint64_t rank) const;

  std::deque<Segment> segments_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace tributary::journal
