#include "core/journal/journal.hpp"

#include <xxhash.h>

#include <algorithm>

namespace tributary::journal {

Journal::Journal(const std::vector<std::uint32_t>& weights) : slots_(weights), lanes_(weights.size()) {}

Journal::Journal(const std::vector<std::uint32_t>& weights, FoundView&& found) : Journal(weights) {
  note_ = StoredNote(std::move(found.note_block), found.note_used);
  for (std::uint32_t lane = 0; lane < lanes_.size() && lane < found.lanes.size(); ++lane) {
    if (weights[lane] == 0) continue;
    for (auto& block : found.lanes[lane]) {
      std::size_t good = 0;
      while (good < block.positions.size() &&
             slots_.position_of(lane, block.first_rank + good) == block.positions[good]) {
        ++good;
      }
      const bool whole = good == block.positions.size();
      block.ends.resize(good);
      if (good > 0) {
        count_ = std::max(count_, block.positions[good - 1]);
        lanes_[lane].log.adopt(std::move(block.block), block.first_rank, std::move(block.ends));
      }
      if (!whole) break;
    }
  }
  count_ = found.about.length ? *found.about.length : count_;
}

bool Journal::keep_in(Storage& storage, const ViewNote& about) {
  note_ = StoredNote::write(storage, about);
  if (!note_) return false;
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!lanes_[lane].given_up) lanes_[lane].log.keep_in(&storage, note_.salt(), lane);
  }
  return true;
}

void Journal::append(std::string_view payload, std::string_view trailer) {
  ++count_;
  digest_ = XXH3_64bits_withSeed(payload.data(), payload.size(), digest_);
  if (!trailer.empty()) digest_ = XXH3_64bits_withSeed(trailer.data(), trailer.size(), digest_);
  if (slots_.empty()) return;
  Lane& lane = lanes_[slots_.lane_of_slot(next_slot_)];
  if (++next_slot_ == slots_.size()) next_slot_ = 0;
  if (!lane.given_up) lane.log.append(payload, trailer, count_);
}

void Journal::give_up(std::uint32_t lane) {
  lanes_[lane].log = LaneLog();
  lanes_[lane].given_up = true;
}

std::uint64_t Journal::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& lane : lanes_) bytes += lane.log.bytes();
  return bytes;
}

}  // namespace tributary::journal
