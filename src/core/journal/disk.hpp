#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.hpp"
#include "core/journal/block_format.hpp"
#include "core/journal/found.hpp"
#include "core/journal/storage.hpp"

namespace tributary::journal {

/// For tests: a storage in memory whose content outlives who writes it, as files do. Blocks are used again with what was
/// left in them.
class Disk final : public Storage {
 public:
  explicit Disk(std::uint64_t seed) : random_(seed) {}

  Block take(std::size_t bytes) override {
    if (full) return {};
    std::uint32_t size = kSmallestBlock;
    while (size < bytes) size *= 2;
    for (auto& kept : kept_) {
      if (kept.used || kept.size != size) continue;
      kept.used = true;
      return {kept.data.get(), size, random_.next()};
    }
    kept_.push_back({std::unique_ptr<char[]>(new char[size]()), size, true, 0});
    return {kept_.back().data.get(), size, random_.next()};
  }
  void give_back(const Block& block) override {
    for (auto& kept : kept_) {
      if (kept.data.get() != block.data) continue;
      kept.used = false;
      kept.was = read_number(block.data + kKindAt, 4);
    }
    write_free_head(block.data, block.size);
  }
  bool has_room() const override { return !full; }
  std::string trouble() const override { return full ? "no space" : ""; }

  bool full = false;
  std::size_t used() const {
    std::size_t used = 0;
    for (const auto& kept : kept_) used += kept.used;
    return used;
  }

  /// Everything as it is now, for another process.
  std::unique_ptr<Disk> copy(std::uint64_t seed) const {
    auto other = std::make_unique<Disk>(seed);
    for (const auto& kept : kept_) {
      other->kept_.push_back({std::unique_ptr<char[]>(new char[kept.size]), kept.size, false, kept.was});
      std::memcpy(other->kept_.back().data.get(), kept.data.get(), kept.size);
    }
    return other;
  }
  /// As after a loss of power: of some blocks the end was never written, of some not even that they became free.
  void tear() {
    for (auto& kept : kept_) {
      const auto read = read_block_head({kept.data.get(), kept.size});
      if (read && read->head.kind == BlockKind::free && random_.below(2) == 0)
        write_number(kept.data.get() + kKindAt, kept.was, 4);
      if (random_.below(2) == 0) continue;
      const auto from = kBlockHead + random_.below(2000);
      std::memset(kept.data.get() + from, static_cast<int>(random_.below(2) * 0x5a), kept.size - from);
    }
  }
  /// What one who opens it finds.
  Found find() {
    std::vector<HeldBlock> blocks;
    for (auto& kept : kept_) {
      const auto read = read_block_head({kept.data.get(), kept.size});
      if (!read || read->head.kind == BlockKind::free) continue;
      kept.used = true;
      blocks.emplace_back(Block{kept.data.get(), kept.size, read->salt}, this);
    }
    return find_views(std::move(blocks));
  }
  /// For whoever damages it on purpose.
  std::vector<std::pair<char*, std::uint32_t>> contents() {
    std::vector<std::pair<char*, std::uint32_t>> all;
    for (auto& kept : kept_) all.emplace_back(kept.data.get(), kept.size);
    return all;
  }

 private:
  static constexpr std::size_t kKindAt = 12;  // in a block: docs/journal-format.md
  struct Kept {
    std::unique_ptr<char[]> data;
    std::uint32_t size = 0;
    bool used = false;
    std::uint64_t was = 0;  // its kind before it was given back
  };
  Random random_;
  std::vector<Kept> kept_;
};

}  // namespace tributary::journal
