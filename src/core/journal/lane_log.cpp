#include "core/journal/lane_log.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/check.hpp"
#include "core/journal/block_format.hpp"
#include "tributary/message.hpp"

namespace tributary::journal {
namespace {

// Segments start small, so that many quiet lanes cost little, and double up to a size at which their number
// is small and what is forgotten comes back soon.
constexpr std::uint32_t kSmallestSegment = 4 << 10;
constexpr std::uint32_t kLargestSegment = 256 << 10;
constexpr std::size_t kMostPayload = 1u << 30;  // Redis refuses payloads above 512 MB
constexpr std::uint32_t kExpectedPayload = 48;  // at least this many bytes for each index entry reserved

}  // namespace

void LaneLog::Segment::append(std::string_view payload, std::string_view trailer, std::uint64_t word) {
  if (head == 0 && trailer.empty()) [[likely]] {
    if (!payload.empty()) std::memcpy(block.data() + used, payload.data(), payload.size());
    used += static_cast<std::uint32_t>(payload.size());
    return ends.push_back(used);
  }
  const auto begin = used;
  used += head;
  for (const auto part : {payload, trailer}) {
    if (!part.empty()) std::memcpy(block.data() + used, part.data(), part.size());
    used += static_cast<std::uint32_t>(part.size());
  }
  if (head > 0) seal_record(block.data(), begin, used - begin - head, word, block.salt());
  ends.push_back(used);
}

std::uint64_t LaneLog::Segment::footprint() const {
  return block.size() + ends.capacity() * sizeof(std::uint32_t) + sizeof(Segment);
}

LaneLog& LaneLog::operator=(const LaneLog& other) {
  if (this == &other) return *this;
  segments_.clear();
  for (const auto& from : other.segments_) {
    Segment to;
    to.block = HeldBlock::of_memory(from.block.size());
    std::memcpy(to.block.data(), from.block.data(), from.used);
    std::memset(to.block.data() + from.used, 0, from.block.size() - from.used);
    to.first_rank = from.first_rank;
    to.capacity = from.capacity;
    to.used = from.used;
    to.start = from.start;
    to.head = from.head;
    to.ends.reserve(from.ends.capacity());
    to.ends = from.ends;
    segments_.push_back(std::move(to));
  }
  first_ = other.first_;
  end_ = other.end_;
  bytes_ = other.bytes_;
  last_word_ = other.last_word_;
  storage_ = other.storage_;  // which is none
  return *this;
}

void LaneLog::keep_in(Storage* storage, std::uint64_t view, std::uint32_t lane) {
  storage_ = StorageLink(storage);
  view_ = view;
  lane_ = lane;
}

void LaneLog::adopt(HeldBlock block, std::uint64_t first_rank, std::vector<std::uint32_t> ends) {
  TRIBUTARY_CHECK(segments_.empty() || end_ == first_rank);
  if (segments_.empty()) first_ = first_rank;
  Segment segment;
  segment.block = std::move(block);
  segment.first_rank = first_rank;
  segment.start = kBlockHead;
  segment.head = kRecordHead;
  segment.capacity = segment.used = ends.empty() ? kBlockHead : ends.back();
  segment.ends = std::move(ends);
  end_ = segment.end_rank();
  bytes_ += segment.footprint();
  segments_.push_back(std::move(segment));
}

HeldBlock LaneLog::stored_block(std::size_t size) {
  if (!storage_.get()) return {};
  std::size_t wanted = kSmallestBlock;
  if (!segments_.empty()) wanted = std::min(segments_.back().block.size() * 2, kLargestSegment);
  return {storage_.get()->take(std::max(wanted, size + kBlockOverhead)), storage_.get()};
}

LaneLog::Segment& LaneLog::grow(std::size_t size) {
  TRIBUTARY_CHECK(size <= kMostPayload);
  Segment segment;
  segment.first_rank = end_;
  if (auto block = stored_block(size); block) {
    write_block_head({block.data(), block.size(), block.salt()},
                     {BlockKind::lane, view_, end_, lane_, position_in(last_word_)});
    segment.capacity = block.size() - static_cast<std::uint32_t>(kPayloadPadding);
    segment.used = segment.start = kBlockHead;
    segment.head = kRecordHead;
    segment.block = std::move(block);
  } else {
    segment.capacity = kSmallestSegment;
    if (!segments_.empty()) segment.capacity = std::min(segments_.back().capacity * 2, kLargestSegment);
    segment.capacity = std::max(segment.capacity, static_cast<std::uint32_t>(size));
    segment.block = HeldBlock::of_memory(segment.capacity + static_cast<std::uint32_t>(kPayloadPadding));
    // The padding behind the last payload may be read, so it must be defined.
    std::memset(segment.block.data() + segment.capacity, 0, kPayloadPadding);
  }
  segment.ends.reserve(std::min(segment.capacity, kLargestSegment) / kExpectedPayload + 1);
  bytes_ += segment.footprint();
  segments_.push_back(std::move(segment));
  return segments_.back();
}

const LaneLog::Segment& LaneLog::segment_of(std::uint64_t rank) const {
  TRIBUTARY_CHECK(holds(rank));
  return *std::prev(
      std::upper_bound(segments_.begin(), segments_.end(), rank,
                       [](std::uint64_t value, const Segment& s) { return value < s.first_rank; }));
}

std::string_view LaneLog::payload(std::uint64_t rank) const { return segment_of(rank).payload(rank); }

void LaneLog::forget_below(std::uint64_t rank) {
  first_ = std::max(first_, std::min(rank, end_));
  while (!segments_.empty() && segments_.front().end_rank() <= first_) {
    bytes_ -= segments_.front().footprint();
    segments_.pop_front();
  }
}

}  // namespace tributary::journal
