#pragma once

#include <cstdint>
#include <vector>

namespace tributary::journal {

/// Positions and key slots of one lane's messages, by rank, where they are no matter of arithmetic: 8 bytes for each that is
/// held. Of what was forgotten the last position is remembered, and of all how many there were and where the last one stood.
class Positions {
 public:
  /// Instead of what there is: nothing, behind so many messages, the last of which stood at this position.
  void begin_at(std::uint64_t rank, std::uint64_t position);
  void append(std::uint64_t position, std::uint16_t key);
  /// The next message is counted, but not held.
  void skip(std::uint64_t position);
  void forget_below(std::uint64_t rank);
  /// Holds nothing any more.
  void give_up() { forget_below(count_); }

  std::uint64_t count() const { return count_; }
  std::uint64_t last() const { return last_; }  ///< 0: none yet
  std::uint64_t rank_at(std::uint64_t position) const;
  std::uint64_t position_of(std::uint64_t rank) const;
  std::uint16_t key_of(std::uint64_t rank) const;
  std::uint64_t bytes() const { return held_.capacity() * sizeof held_[0]; }

 private:
  std::uint64_t first() const { return count_ - (held_.size() - begin_); }  ///< lowest rank held
  std::uint64_t at(std::uint64_t rank) const { return held_[begin_ + (rank - first())]; }

  std::vector<std::uint64_t> held_;  ///< position and key slot; what lies before begin_ is forgotten
  std::size_t begin_ = 0;
  std::uint64_t count_ = 0, last_ = 0, before_first_ = 0;
};

}  // namespace tributary::journal
