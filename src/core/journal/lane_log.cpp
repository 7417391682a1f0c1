#include "core/journal/lane_log.hpp"

#include <algorithm>
#include <cstring>

#include "core/base/check.hpp"
#include "tributary/message.hpp"

namespace tributary::journal {
namespace {

// Segments start small, so that many quiet lanes cost little, and double up to a size at which their number
// is small and what is forgotten comes back soon.
constexpr std::uint32_t kSmallestSegment = 4 << 10;
constexpr std::uint32_t kLargestSegment = 256 << 10;
constexpr std::uint32_t kExpectedPayload = 48;  // at least this many bytes for each index entry reserved

}  // namespace

void LaneLog::Segment::append(std::string_view payload, std::string_view trailer) {
  for (const auto part : {payload, trailer}) {
    if (!part.empty()) std::memcpy(data.get() + used, part.data(), part.size());
    used += static_cast<std::uint32_t>(part.size());
  }
  ends.push_back(used);
}

std::uint64_t LaneLog::Segment::footprint() const {
  return capacity + kPayloadPadding + ends.capacity() * sizeof(std::uint32_t) + sizeof(Segment);
}

LaneLog& LaneLog::operator=(const LaneLog& other) {
  if (this == &other) return *this;
  segments_.clear();
  for (const auto& from : other.segments_) {
    Segment to;
    to.data.reset(new char[from.capacity + kPayloadPadding]());
    std::memcpy(to.data.get(), from.data.get(), from.used);
    to.first_rank = from.first_rank;
    to.capacity = from.capacity;
    to.used = from.used;
    to.ends.reserve(from.ends.capacity());
    to.ends = from.ends;
    segments_.push_back(std::move(to));
  }
  first_ = other.first_;
  end_ = other.end_;
  bytes_ = other.bytes_;
  return *this;
}

LaneLog::Segment& LaneLog::grow(std::size_t size) {
  std::uint32_t capacity = kSmallestSegment;
  if (!segments_.empty()) capacity = std::min(segments_.back().capacity * 2, kLargestSegment);
  capacity = std::max(capacity,
                      static_cast<std::uint32_t>(std::min<std::size_t>(size, UINT32_MAX - kPayloadPadding)));
  TRIBUTARY_CHECK(size <= capacity);  // Redis refuses payloads above 512 MB
  Segment segment;
  segment.data.reset(new char[capacity + kPayloadPadding]);
  // The padding behind the last payload may be read, so it must be defined.
  std::memset(segment.data.get() + capacity, 0, kPayloadPadding);
  segment.first_rank = end_;
  segment.capacity = capacity;
  segment.ends.reserve(std::min(capacity, kLargestSegment) / kExpectedPayload + 1);
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
