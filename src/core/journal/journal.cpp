#include "core/journal/journal.hpp"

#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace tributary::journal {

Journal::Journal(const std::vector<std::uint32_t>& weights, std::optional<KeySlots> keys)
    : slots_(weights), keys_(std::move(keys)), lanes_(keys_ ? keys_->lane_count() : weights.size()) {}

// Every record is where the view has it, or it is none of the view's.
bool Journal::stands_right(std::uint32_t lane, std::uint64_t rank, std::uint64_t word) const {
  if (!keys_) return slots_.position_of(lane, rank) == word;
  const auto key = key_in(word);
  return key == kNoKey || (key < kNoKey && keys_->lane_of(key) == lane);
}

Journal::Journal(const std::vector<std::uint32_t>& weights, std::optional<KeySlots> keys, FoundView&& found)
    : Journal(weights, std::move(keys)) {
  note_ = StoredNote(std::move(found.note_block), found.note_used);
  found_length_ = found.about.length;
  count_ = found_length_.value_or(0);
  if (slots_.empty()) return;
  for (std::uint32_t index = 0; index < lanes_.size(); ++index) {
    if (index < found.lanes.size() && (keys_ || weights[index] > 0)) adopt(index, found.lanes[index]);
    const auto noted =
        index < found.about.ends.size() ? std::optional(found.about.ends[index]) : std::nullopt;
    // Of an empty lane there is nothing; of any other it was given up, or is forgotten, or lost: that looks the same.
    auto& lane = lanes_[index];
    lane.given_up = lane.log.end() == 0 && noted != 0;
    if (!keys_) continue;
    // By keys only who has all of a lane can tell where it ends; or who has nothing, and is told. Not who has it with holes.
    if (noted && lane.log.end() == 0) lane.positions.begin_at(0, *noted);
    if (noted != lane.positions.last()) found_length_.reset();
  }
}

void Journal::adopt(std::uint32_t index, std::vector<FoundBlock>& blocks) {
  auto& lane = lanes_[index];
  for (auto& block : blocks) {
    if (block.behind_hole) lane.behind_holes.emplace_back();
    Run& run = lane.behind_holes.empty() ? lane : lane.behind_holes.back();
    std::size_t good = 0;
    while (good < block.words.size() && stands_right(index, block.first_rank + good, block.words[good]))
      ++good;
    const bool whole = good == block.words.size();
    block.ends.resize(good);
    if (good > 0) {
      if (keys_ && run.log.end() == 0) run.positions.begin_at(block.first_rank, block.before);
      for (std::size_t i = 0; keys_ && i < good; ++i)
        run.positions.append(position_in(block.words[i]), key_in(block.words[i]));
      count_ = std::max(count_, position_in(block.words[good - 1]));
      run.log.adopt(std::move(block.block), block.first_rank, std::move(block.ends));
    }
    if (!whole) return;
  }
}

void Journal::jump_holes(std::uint32_t index, std::uint64_t position) {
  auto& lane = lanes_[index];
  for (auto& run : std::exchange(lane.behind_holes, {})) {
    if (run.log.end() == 0 || position_of(index, lane.log.end() - 1) > position) return;
    static_cast<Run&>(lane) = std::move(run);
  }
}

bool Journal::keep_in(Storage& storage, const ViewNote& about) {
  note_ = StoredNote::write(storage, about, lane_count());
  if (!note_) return false;
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!lanes_[lane].given_up) lanes_[lane].log.keep_in(&storage, note_.salt(), lane);
  }
  return true;
}

void Journal::note_end() {
  if (!note_) return;
  std::vector<std::uint64_t> ends;
  for (std::uint32_t lane = 0; lane < lane_count(); ++lane)
    ends.push_back(slots_.empty() ? 0 : last_position(lane));
  note_.end(count_, ends);
}

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
  if (!lane.given_up) lane.log.append(payload, trailer, keys_ ? word_of(count_, key) : count_);
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
  lanes_[lane].behind_holes.clear();
  lanes_[lane].given_up = true;
  if (keys_) lanes_[lane].positions.give_up();
}

std::uint64_t Journal::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& lane : lanes_) {
    bytes += lane.log.bytes() + lane.positions.bytes();
    for (const auto& run : lane.behind_holes) bytes += run.log.bytes() + run.positions.bytes();
  }
  return bytes;
}

}  // namespace tributary::journal
