#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/journal/block_format.hpp"
#include "core/journal/storage.hpp"

/// What one process wrote of a view into its storage, and what the next one finds of it.
namespace tributary::journal {

/// What stands in the block of a view.
struct ViewNote {
  std::string group;
  std::string member;                        ///< under which it was read
  std::string marker;                        ///< as it was published
  bool mixed = false;                        ///< messages of another group may be among the last
  std::optional<std::uint64_t> length = {};  ///< known once the next marker was read
  std::vector<std::uint64_t> ends = {};      ///< with the length: of each lane the last position
};

/// The block of a view while it is used; without one, nothing is noted. A copy of it notes nothing.
class StoredNote {
 public:
  StoredNote() = default;
  StoredNote(HeldBlock block, std::uint32_t used) : block_(std::move(block)), used_(used) {}
  StoredNote(const StoredNote& /*other*/) {}
  StoredNote& operator=(const StoredNote& other) {
    if (this != &other) *this = StoredNote();
    return *this;
  }
  StoredNote(StoredNote&&) = default;
  StoredNote& operator=(StoredNote&&) = default;
  /// Without a block if the storage has none.
  static StoredNote write(Storage& storage, const ViewNote& about, std::uint32_t lanes);

  explicit operator bool() const { return static_cast<bool>(block_); }
  std::uint64_t salt() const { return block_.salt(); }
  void end(std::uint64_t length, const std::vector<std::uint64_t>& ends);
  void no_end();
  void mixed();

 private:
  void add(std::uint64_t what, std::string_view text);

  HeldBlock block_;
  std::uint32_t used_ = 0;
};

/// A lane's block with at least one record.
struct FoundBlock {
  HeldBlock block;
  std::uint64_t first_rank = 0;
  std::uint64_t before = 0;          ///< position of the lane's message before these; 0: none
  std::vector<std::uint32_t> ends;   ///< offset behind each payload
  std::vector<std::uint64_t> words;  ///< of each, with ascending positions
  bool behind_hole = false;          ///< of the lane something is missing just before these
};

/// All that was found of a view.
struct FoundView {
  ViewNote about;
  HeldBlock note_block;
  std::uint32_t note_used = 0;
  std::vector<std::vector<FoundBlock>> lanes;  ///< of each lane, oldest first
};

/// Leaves what was found where it is.
void abandon(FoundView& view);

struct Found {
  std::vector<FoundView> views;
  std::uint64_t behind_holes = 0;  ///< messages
  std::size_t orphans = 0;         ///< blocks of views that are not there
};

/// Puts together what a storage's blocks hold; each must have been read by read_block_head() and be used. What is of no
/// use goes back to its storage.
Found find_views(std::vector<HeldBlock> blocks);

}  // namespace tributary::journal
