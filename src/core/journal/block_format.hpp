#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/journal/storage.hpp"
#include "tributary/message.hpp"

/// How a stored block looks, byte by byte: docs/journal-format.md. A header, and records behind each other; a record is
/// there once its checksum is right, so a torn end is seen, and so is what an earlier use of the block left behind.
namespace tributary::journal {

inline constexpr std::uint32_t kBlockHead = 64;
inline constexpr std::uint32_t kRecordHead = 16;
inline constexpr std::uint32_t kSmallestBlock = 4 << 10;
/// What of a block is no room for payloads: its header, one record's, and the bytes behind the last payload.
inline constexpr std::size_t kBlockOverhead = kBlockHead + kRecordHead + kPayloadPadding;

enum class BlockKind : std::uint32_t { free = 0, view = 1, lane = 2 };

struct BlockHead {
  BlockKind kind = BlockKind::free;
  std::uint64_t view = 0;        ///< salt of the block that holds the view's marker
  std::uint64_t first_rank = 0;  ///< of a lane's block: of its first record
  std::uint32_t lane = 0;
  std::uint64_t before =
      0;  ///< of a lane's block: position of the lane's message before its first record; 0: none
};

/// What a record of a lane says besides the payload: the message's position, and in a group with an order key its slot.
inline std::uint64_t word_of(std::uint64_t position, std::uint16_t key) {
  return position | static_cast<std::uint64_t>(key) << 48;
}
inline std::uint64_t position_in(std::uint64_t word) { return word & ((1ULL << 48) - 1); }
inline std::uint16_t key_in(std::uint64_t word) { return static_cast<std::uint16_t>(word >> 48); }

/// Makes the block one of this kind, without records. Whoever is killed within it leaves a free block.
void write_block_head(const Block& block, const BlockHead& head);
/// Marks it as free; all else in it stays as it is.
void write_free_head(char* data, std::uint32_t size);

/// The record whose payload of `length` bytes stands at `begin` + kRecordHead: writes the head in front of it. `word`: see word_of().
void seal_record(char* block, std::uint32_t begin, std::uint32_t length, std::uint64_t word,
                 std::uint64_t salt);

/// What stands at the beginning of a block; nothing if it is no block, or a damaged one. Of a free one kind and size.
struct ReadHead {
  BlockHead head;
  std::uint32_t size = 0;
  std::uint64_t salt = 0;
};
std::optional<ReadHead> read_block_head(std::span<const char> bytes);

struct Record {
  std::uint64_t word = 0;
  std::string_view payload;
};
/// The record at `begin` of a block, if there is one.
std::optional<Record> read_record(std::span<const char> block, std::uint32_t begin, std::uint64_t salt);

/// One block of a file, and where it stands.
struct PlacedBlock {
  std::uint64_t offset = 0;
  ReadHead read;
};
/// The blocks of a file, which all have the size that the first one names; nothing if that one, or the file, is none of ours.
/// `damaged` counts the blocks left out because theirs cannot be read.
std::optional<std::vector<PlacedBlock>> blocks_of(std::span<const char> file, std::size_t& damaged);

/// Little-endian, as everything in a block.
inline std::uint64_t read_number(const char* from, std::size_t bytes) {
  std::uint64_t number = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&number, from, bytes);
  } else {
    for (auto i = bytes; i > 0; --i) number = number << 8 | static_cast<unsigned char>(from[i - 1]);
  }
  return number;
}
inline void write_number(char* to, std::uint64_t number, std::size_t bytes) {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(to, &number, bytes);
  } else {
    for (std::size_t i = 0; i < bytes; ++i, number >>= 8) to[i] = static_cast<char>(number & 0xff);
  }
}

}  // namespace tributary::journal
