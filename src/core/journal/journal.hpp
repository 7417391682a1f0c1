#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/journal/found.hpp"
#include "core/journal/key_slots.hpp"
#include "core/journal/lane_log.hpp"
#include "core/journal/positions.hpp"
#include "core/journal/slots.hpp"

namespace tributary::journal {

/// A node's log of one view's messages: its own lane's and the others'. Counts every data message since the
/// view's marker, so that "the n-th message" names the same one at every member, and keeps a rolling digest
/// to prove it.
///
/// Which lane a message falls to its position says; in a group with an order key, the slot of its key, if it has one.
///
/// With a storage it can be found again (found.hpp) by who comes after this process. A copy of it is in memory.
class Journal {
 public:
  explicit Journal(const std::vector<std::uint32_t>& weights, std::optional<KeySlots> keys = {});
  /// What was found of an earlier process's. Nothing is appended to it. Records that do not stand where the view has them
  /// are left out, with all of their lane behind them. Of a lane with holes it holds what comes before the first one, until
  /// jump_holes().
  Journal(const std::vector<std::uint32_t>& weights, std::optional<KeySlots> keys, FoundView&& found);

  /// From now on messages are kept in `storage`, under `about`; what was appended before is not. False if it has no room:
  /// then all goes on in memory, and this may be tried again.
  bool keep_in(Storage& storage, const ViewNote& about);
  bool is_stored() const { return static_cast<bool>(note_); }
  /// Of a lane that was found with holes: holds what lies behind those of which nothing comes after `position`, up to the
  /// next hole. For the position up to which the lane is known to be done, and once; the rest is dropped.
  void jump_holes(std::uint32_t lane, std::uint64_t position);
  /// Of what was found: where the view ended, if that is known of all its lanes.
  std::optional<std::uint64_t> found_length() const { return found_length_; }
  /// Notes, where it is stored, that the view ended with the last message; or that it did not.
  void note_end();
  void note_no_end() { note_.no_end(); }
  /// Notes that messages of another group may be among the last ones.
  void note_mixed() { note_.mixed(); }

  /// The next message of the view: its payload, and what else is to be kept of it (`trailer`), behind each
  /// other. One copy, into the log of its lane (none if the lane was given up, or if the view has no lanes).
  /// Hot path.
  void append(std::string_view payload, std::string_view trailer = {}, std::uint16_t key = kNoKey);

  std::uint64_t count() const { return count_; }    ///< position of the last message
  std::uint64_t digest() const { return digest_; }  ///< of all payloads and trailers in order
  /// A view in which nobody has weight: its messages belong to nobody.
  bool lanes_are_empty() const { return slots_.empty(); }
  const LaneLog& lane(std::uint32_t index) const { return lanes_[index].log; }
  std::uint32_t lane_count() const { return static_cast<std::uint32_t>(lanes_.size()); }
  /// Nothing if messages fall to lanes by their positions alone.
  const std::optional<KeySlots>& keys() const { return keys_; }

  /// How many of the lane's messages there are up to a position of the view. By keys, nobody can tell beyond the last
  /// message received: then it is how many there are so far. Of what is forgotten it is 0.
  std::uint64_t rank_at(std::uint32_t lane, std::uint64_t position) const;
  /// The position of the lane's message number `rank`. By keys, one that was received; of one that is forgotten, that of the last
  /// one forgotten.
  std::uint64_t position_of(std::uint32_t lane, std::uint64_t rank) const;
  /// Of the lane's last message so far; 0 if there is none.
  std::uint64_t last_position(std::uint32_t lane) const;
  /// The slot of the key of a message that is held; without keys, none.
  std::uint16_t key_of(std::uint32_t lane, std::uint64_t rank) const {
    return keys_ ? lanes_[lane].positions.key_of(rank) : kNoKey;
  }

  void forget_below(std::uint32_t lane, std::uint64_t rank);
  /// Drops what is held of the lane and will hold nothing more of it.
  void give_up(std::uint32_t lane);
  bool given_up(std::uint32_t lane) const { return lanes_[lane].given_up; }
  std::uint64_t bytes() const;

 private:
  bool stands_right(std::uint32_t lane, std::uint64_t rank, std::uint64_t word) const;
  void adopt(std::uint32_t index, std::vector<FoundBlock>& blocks);

  struct Run {
    LaneLog log;
    Positions positions;  ///< only by keys: else they are computed
  };
  struct Lane : Run {
    bool given_up = false;
    std::vector<Run> behind_holes;  ///< each behind one
  };

  Slots slots_;
  std::optional<KeySlots> keys_;
  std::vector<Lane> lanes_;
  std::uint64_t count_ = 0;
  std::uint64_t digest_ = 0;
  std::uint32_t next_slot_ = 0;
  std::optional<std::uint64_t> found_length_;
  StoredNote note_;  // the last, so it goes first: blocks of a view without its note are nobody's
};

}  // namespace tributary::journal
