#include "core/journal/positions.hpp"

#include <algorithm>

#include "core/base/check.hpp"
#include "core/journal/key_slots.hpp"

namespace tributary::journal {
namespace {

constexpr unsigned kKeyBits = 11;
constexpr std::uint64_t kKeyMask = (1u << kKeyBits) - 1;
static_assert(kNoKey <= kKeyMask);

}  // namespace

void Positions::begin_at(std::uint64_t rank, std::uint64_t position) {
  *this = Positions();
  count_ = rank;
  last_ = before_first_ = position;
}

void Positions::append(std::uint64_t position, std::uint16_t key) {
  held_.push_back(position << kKeyBits | key);
  last_ = position;
  ++count_;
}

void Positions::skip(std::uint64_t position) {
  TRIBUTARY_CHECK(held_.size() == begin_);
  before_first_ = last_ = position;
  ++count_;
}

// What is forgotten is moved away when it is more than what is left: each is moved once, on average.
void Positions::forget_below(std::uint64_t rank) {
  if (rank <= first()) return;
  const auto forgotten = std::min(rank, count_) - first();
  if (forgotten == 0) return;
  begin_ += forgotten;
  before_first_ = held_[begin_ - 1] >> kKeyBits;
  if (begin_ * 2 < held_.size()) return;
  held_ = std::vector<std::uint64_t>(held_.begin() + static_cast<std::ptrdiff_t>(begin_), held_.end());
  begin_ = 0;
}

std::uint64_t Positions::rank_at(std::uint64_t position) const {
  if (position >= last_) return count_;
  if (position < before_first_) return 0;
  const auto held = held_.begin() + static_cast<std::ptrdiff_t>(begin_);
  const auto beyond =
      std::upper_bound(held, held_.end(), position,
                       [](std::uint64_t wanted, std::uint64_t each) { return wanted < each >> kKeyBits; });
  return first() + static_cast<std::uint64_t>(beyond - held);
}

std::uint64_t Positions::position_of(std::uint64_t rank) const {
  if (rank + 1 == count_) return last_;
  if (rank < first()) return before_first_;
  TRIBUTARY_CHECK(rank < count_);
  return at(rank) >> kKeyBits;
}

std::uint16_t Positions::key_of(std::uint64_t rank) const {
  TRIBUTARY_CHECK(rank >= first() && rank < count_);
  return static_cast<std::uint16_t>(at(rank) & kKeyMask);
}

}  // namespace tributary::journal
