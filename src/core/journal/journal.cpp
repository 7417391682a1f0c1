#include "core/journal/journal.hpp"

#include <xxhash.h>

namespace tributary::journal {

Journal::Journal(const std::vector<std::uint32_t>& weights) : slots_(weights), lanes_(weights.size()) {}

void Journal::append(std::string_view payload, std::string_view trailer) {
  ++count_;
  digest_ = XXH3_64bits_withSeed(payload.data(), payload.size(), digest_);
  if (!trailer.empty()) digest_ = XXH3_64bits_withSeed(trailer.data(), trailer.size(), digest_);
  if (slots_.empty()) return;
  Lane& lane = lanes_[slots_.lane_of_slot(next_slot_)];
  if (++next_slot_ == slots_.size()) next_slot_ = 0;
  if (!lane.given_up) lane.log.append(payload, trailer);
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
