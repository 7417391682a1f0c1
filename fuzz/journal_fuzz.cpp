#include <algorithm>
#include <cstring>
#include <string>

#include "core/group/control_message.hpp"
#include "core/group/node.hpp"
#include "core/journal/block_format.hpp"
#include "core/journal/disk.hpp"
#include "fuzz_target.hpp"

// Files of a journal directory, which a crash may have left in any state: whatever is read of them, a node can go on with. The
// input is a byte that says whether checksums are put right first, which hardly ever are by chance, and then blocks, each as the
// number of its bytes before only zeros follow (2 bytes) and these.
namespace tributary::fuzz {
namespace {

using namespace journal;

constexpr std::size_t kMostBytes = 64 << 10;

void heal(Block block) {
  const auto read = [&](int at, int bytes) { return read_number(block.data + at, bytes); };
  const auto kind = read(12, 4) % 3;
  if (kind == 0) return;
  block.salt = read(16, 8);
  const auto length = read(kBlockHead, 4);
  write_block_head(block, {static_cast<BlockKind>(kind), read(24, 8), read(32, 8),
                           static_cast<std::uint32_t>(read(40, 4) % 8), read(48, 8)});
  write_number(block.data + kBlockHead, length, 4);
  for (std::uint64_t begin = kBlockHead; begin + kRecordHead + kPayloadPadding <= block.size;) {
    const auto size = read_number(block.data + begin, 4);
    if (size > block.size - kPayloadPadding - kRecordHead - begin) return;
    seal_record(block.data, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size),
                read_number(block.data + begin + 8, 8), block.salt);
    begin += kRecordHead + size;
  }
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const bool healed = (input[0] & 1) != 0;
  std::string file;
  for (input.remove_prefix(1); input.size() > 2 && file.size() < kMostBytes;) {
    const auto length =
        std::min<std::size_t>(read_number(input.data(), 2) % kSmallestBlock, input.size() - 2);
    file += input.substr(2, length);
    file.resize((file.size() + kSmallestBlock - 1) / kSmallestBlock * kSmallestBlock);
    input.remove_prefix(2 + length);
  }
  for (std::size_t at = 0; healed && at + kSmallestBlock <= file.size(); at += kSmallestBlock)
    heal({file.data() + at, kSmallestBlock, 0});
  std::size_t damaged = 0;
  const auto blocks = blocks_of(file, damaged);
  if (!blocks) return;
  Disk disk(1);
  std::vector<HeldBlock> used;
  for (const auto& [offset, read] : *blocks) {
    if (read.head.kind == BlockKind::free) continue;
    auto block = disk.take(read.size);
    block.salt = read.salt;
    std::memcpy(block.data, file.data() + offset, read.size);
    used.emplace_back(block, &disk);
  }
  group::NodeSettings settings;
  settings.group = "out";
  settings.name = "node";
  group::Node node(settings, 1);
  node.keep_journals_in(disk, "d");
  node.on_journals_found(find_views(std::move(used)).views);
  node.check_invariants();
  for (const auto& view : node.held_views()) {
    for (std::uint32_t lane = 0; lane < view.journal.lane_count(); ++lane) {
      const auto& log = view.journal.lane(lane);
      for (auto rank = log.first(); rank < log.end(); ++rank) {
        const auto position = view.journal.position_of(lane, rank);
        TRIBUTARY_CHECK(position > 0 && view.journal.rank_at(lane, position) == rank + 1);
        TRIBUTARY_CHECK(log.payload(rank).size() <= file.size());
      }
    }
  }
}

}  // namespace tributary::fuzz
