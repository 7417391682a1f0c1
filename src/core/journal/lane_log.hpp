#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "core/journal/storage.hpp"

namespace tributary::journal {

/// The payloads of one lane, in order, numbered from 0 (`rank`): appended at the end, forgotten
/// from the front.
///
/// Kept in segments of bytes with one 4-byte end offset for each payload; no allocation, lock or copy for a
/// message but the one into the segment. Views of payloads stay valid until forgotten, and kPayloadPadding
/// readable bytes follow each. Not thread-safe; other threads may read a payload while the owner keeps it
/// from being forgotten.
///
/// With a storage the segments are its blocks (block_format.hpp): what was appended can be found in them again. What
/// the storage has no block for is kept in memory. A copy of a log is in memory.
class LaneLog {
 public:
  LaneLog() = default;
  LaneLog(const LaneLog& other) { *this = other; }
  LaneLog& operator=(const LaneLog& other);
  LaneLog(LaneLog&&) = default;
  LaneLog& operator=(LaneLog&&) = default;

  /// Segments from now on are blocks of `storage`, which name the lane by the salt of its view's block and its index.
  void keep_in(Storage* storage, std::uint64_t view, std::uint32_t lane);
  /// Takes over a block with records, the first of this rank. It must follow what is held, if anything is: for a log that
  /// nothing is appended to.
  void adopt(HeldBlock block, std::uint64_t first_rank, std::vector<std::uint32_t> ends);

  /// What is kept as one: `payload`, and `trailer` behind it. A stored segment has `word` with it
  /// (word_of()).
  void append(std::string_view payload, std::string_view trailer = {}, std::uint64_t word = 0) {
    const auto size = payload.size() + trailer.size();
    Segment* last = segments_.empty() ? nullptr : &segments_.back();
    if (!last || !last->fits(size)) last = &grow(size);
    last->append(payload, trailer, word);
    last_word_ = word;
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
    HeldBlock block;
    std::uint64_t first_rank = 0;
    std::uint32_t capacity = 0;  // where payloads must have ended
    std::uint32_t used = 0;
    std::uint32_t start = 0,
                  head = 0;  // of a stored one: bytes before the first record, and of each before its payload
    std::vector<std::uint32_t> ends;  // offset behind each payload

    bool fits(std::size_t size) const {
      return capacity - used >= size + head && ends.size() < ends.capacity();
    }
    void append(std::string_view payload, std::string_view trailer, std::uint64_t word);
    std::uint64_t end_rank() const { return first_rank + ends.size(); }
    std::string_view payload(std::uint64_t rank) const {
      const auto index = rank - first_rank;
      const std::uint32_t begin = (index == 0 ? start : ends[index - 1]) + head;
      return {block.data() + begin, ends[index] - begin};
    }
    std::uint64_t footprint() const;
  };

  Segment& grow(std::size_t size);
  HeldBlock stored_block(std::size_t size);
  const Segment& segment_of(std::uint64_t rank) const;

  std::deque<Segment> segments_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t last_word_ = 0;
  StorageLink storage_;
  std::uint64_t view_ = 0;
  std::uint32_t lane_ = 0;
};

}  // namespace tributary::journal
