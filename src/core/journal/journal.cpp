#include "core/journal/journal.hpp"

#include <xxhash.h>

#include <utility>

namespace tributary::journal {

Journal::Journal(const std::vector<std::uint32_t>& weights, std::optional<KeySlots> keys)
    : slots_(weights), keys_(std::move(keys)), lanes_(keys_ ? keys_->lane_count() : weights.size()) {}

void Journal::append(std::string_view payload, std::string_view trailer, std::uint16_t key) {
  ++count_;
  digest_ = XXH3_64bits_withSeed(payload.data(), payload.size(), digest_);
  if (!trailer.empty()) digest_ = XXH3_64bits_withSeed(trailer.data(), trailer.size(), digest_);
  if (slots_.empty()) return;
  auto index = slots_.lane_of_slot(next_slot_);
  if (++next_slot_ == slots_.size()) next_slot_ = 0;
  if (keys_) {
    if (key != kNoKey) index = keys_->lane_of(key);
    digest_ += key;  // to prove that all read the same one
  }
  Lane& lane = lanes_[index];
  if (!lane.given_up) lane.log.append(payload, trailer);
  if (!keys_) return;
  if (lane.given_up) {
    lane.positions.skip(count_);
  } else {
    lane.positions.append(count_, key);
  }
}

std::uint64_t Journal::rank_at(std::uint32_t lane, std::uint64_t position) const {
  return keys_ ? lanes_[lane].positions.rank_at(position) : slots_.count_up_to(lane, position);
}

std::uint64_t Journal::position_of(std::uint32_t lane, std::uint64_t rank) const {
  return keys_ ? lanes_[lane].positions.position_of(rank) : slots_.position_of(lane, rank);
}

std::uint64_t Journal::last_position(std::uint32_t lane) const {
  return keys_ ? lanes_[lane].positions.last() : slots_.last_position(lane, count_);
}

void Journal::forget_below(std::uint32_t lane, std::uint64_t rank) {
  lanes_[lane].log.forget_below(rank);
  if (keys_) lanes_[lane].positions.forget_below(rank);
}

void Journal::give_up(std::uint32_t lane) {
  lanes_[lane].log = LaneLog();
  lanes_[lane].given_up = true;
  if (keys_) lanes_[lane].positions.give_up();
}

std::uint64_t Journal::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& lane : lanes_) bytes += lane.log.bytes() + lane.positions.bytes();
  return bytes;
}

}  // namespace tributary::journal
