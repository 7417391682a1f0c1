#include "core/journal/block_format.hpp"

#include <xxhash.h>

#include <cstring>

namespace tributary::journal {
namespace {

constexpr char kMagic[8] = {'t', 'r', 'i', 'b', 'j', 'n', 'l', '1'};  // the digit is the version
constexpr int kSizeAt = 8, kKindAt = 12, kSaltAt = 16, kViewAt = 24, kRankAt = 32, kLaneAt = 40,
              kBeforeAt = 48, kSumAt = 56;
constexpr std::uint64_t kPrime = 0x9e3779b97f4a7c15ULL;

std::uint32_t record_sum(const char* payload, std::uint32_t length, std::uint64_t word, std::uint64_t salt) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(payload, length, salt + word * kPrime + length));
}

std::uint64_t head_sum(const char* head, BlockKind kind) {
  char bytes[kSumAt];
  std::memcpy(bytes, head, sizeof bytes);
  write_number(bytes + kKindAt, static_cast<std::uint64_t>(kind), 4);
  return XXH3_64bits(bytes, sizeof bytes);
}

// What the process wrote before is in the file before what it writes after: the file outlives it at any instruction.
void in_this_order() { __asm__ __volatile__("" : : : "memory"); }

}  // namespace

void write_free_head(char* data, std::uint32_t size) {
  write_number(data + kKindAt, 0, 4);
  in_this_order();
  std::memcpy(data, kMagic, sizeof kMagic);
  write_number(data + kSizeAt, size, 4);
}

void write_block_head(const Block& block, const BlockHead& head) {
  char* data = block.data;
  write_free_head(data, block.size);
  in_this_order();
  write_number(data + kSaltAt, block.salt, 8);
  write_number(data + kViewAt, head.view, 8);
  write_number(data + kRankAt, head.first_rank, 8);
  write_number(data + kLaneAt, head.lane, 4);
  write_number(data + kLaneAt + 4, 0, 4);
  write_number(data + kBeforeAt, head.before, 8);
  write_number(data + kSumAt, head_sum(data, head.kind), 8);
  // What an earlier use left is no record under this salt; a length that is too long ends the search at once.
  write_number(data + kBlockHead, ~0ull, 4);
  in_this_order();
  write_number(data + kKindAt, static_cast<std::uint64_t>(head.kind), 4);
}

void seal_record(char* block, std::uint32_t begin, std::uint32_t length, std::uint64_t word,
                 std::uint64_t salt) {
  char* head = block + begin;
  const std::uint64_t sum = record_sum(head + kRecordHead, length, word, salt);
  write_number(head, sum << 32 | length, 8);
  write_number(head + 8, word, 8);
}

std::optional<ReadHead> read_block_head(std::span<const char> bytes) {
  if (bytes.size() < kBlockHead || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) return std::nullopt;
  const char* data = bytes.data();
  ReadHead read;
  read.size = static_cast<std::uint32_t>(read_number(data + kSizeAt, 4));
  if (read.size < kSmallestBlock || read.size % kSmallestBlock != 0) return std::nullopt;
  const auto kind = read_number(data + kKindAt, 4);
  if (kind == 0) return read;
  if (kind != 1 && kind != 2) return std::nullopt;
  read.head.kind = static_cast<BlockKind>(kind);
  read.salt = read_number(data + kSaltAt, 8);
  read.head.view = read_number(data + kViewAt, 8);
  read.head.first_rank = read_number(data + kRankAt, 8);
  read.head.lane = static_cast<std::uint32_t>(read_number(data + kLaneAt, 4));
  read.head.before = read_number(data + kBeforeAt, 8);
  if (read_number(data + kSumAt, 8) != head_sum(data, read.head.kind)) return std::nullopt;
  return read;
}

std::optional<Record> read_record(std::span<const char> block, std::uint32_t begin, std::uint64_t salt) {
  if (block.size() < kPayloadPadding + kRecordHead || begin > block.size() - kPayloadPadding - kRecordHead)
    return std::nullopt;
  const char* head = block.data() + begin;
  const auto length = static_cast<std::uint32_t>(read_number(head, 4));
  if (length > block.size() - kPayloadPadding - kRecordHead - begin) return std::nullopt;
  const auto word = read_number(head + 8, 8);
  const char* payload = head + kRecordHead;
  if (read_number(head + 4, 4) != record_sum(payload, length, word, salt)) return std::nullopt;
  return Record{word, {payload, length}};
}

std::optional<std::vector<PlacedBlock>> blocks_of(std::span<const char> file, std::size_t& damaged) {
  const auto first = read_block_head(file);
  if (!first || first->size > file.size()) return std::nullopt;
  std::vector<PlacedBlock> blocks;
  for (std::uint64_t offset = 0; offset + first->size <= file.size(); offset += first->size) {
    const auto read = read_block_head(file.subspan(offset, first->size));
    // A free one may still have the size it had when the file was cut otherwise.
    if (read && (read->size == first->size || read->head.kind == BlockKind::free)) {
      blocks.push_back({offset, *read});
    } else {
      ++damaged;
    }
  }
  return blocks;
}

}  // namespace tributary::journal
