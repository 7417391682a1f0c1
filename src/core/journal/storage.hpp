#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace tributary::journal {

/// A piece of memory that a storage gives out, whole until it is given back. `salt` is another one each time, so that
/// what was left in it before can be told from what is written now.
struct Block {
  char* data = nullptr;
  std::uint32_t size = 0;
  std::uint64_t salt = 0;
};

/// Where journals are kept if not in memory of the process alone: what is written into its blocks is there again after
/// the process has died. Not thread-safe. It outlives every log that was given it.
class Storage {
 public:
  virtual ~Storage() = default;
  /// A block of `bytes` or more; none (`data` is null) if there is none at the moment. Must not block.
  virtual Block take(std::size_t bytes) = 0;
  /// What is in it is needed no more.
  virtual void give_back(const Block& block) = 0;
  /// Whether the next blocks are there. If not, nothing more should be read until they are.
  virtual bool has_room() const = 0;
  /// Why there is no room, if not only for a moment: one line; else empty.
  virtual std::string trouble() const = 0;
};

/// A pointer to the storage that only the original has: a copy of what holds it keeps everything in memory.
class StorageLink {
 public:
  StorageLink() = default;
  explicit StorageLink(Storage* storage) : storage_(storage) {}
  StorageLink(const StorageLink& /*other*/) {}
  StorageLink& operator=(const StorageLink& other) {
    if (this != &other) storage_ = nullptr;
    return *this;
  }
  StorageLink(StorageLink&& other) noexcept : storage_(other.storage_) {}
  StorageLink& operator=(StorageLink&& other) noexcept {
    storage_ = other.storage_;
    return *this;
  }
  Storage* get() const { return storage_; }

 private:
  Storage* storage_ = nullptr;
};

/// A block while it is used: of a storage, to which it goes back in the end, or of the process's memory.
class HeldBlock {
 public:
  HeldBlock() = default;
  HeldBlock(const Block& block, Storage* storage) : block_(block), storage_(block.data ? storage : nullptr) {}
  HeldBlock(HeldBlock&& other) noexcept
      : block_(std::exchange(other.block_, {})), storage_(std::exchange(other.storage_, nullptr)) {}
  HeldBlock& operator=(HeldBlock&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~HeldBlock() {
    if (storage_) {
      storage_->give_back(block_);
    } else {
      delete[] block_.data;
    }
  }
  /// Leaves it to its storage as it is.
  void abandon() {
    block_ = {};
    storage_ = nullptr;
  }
  static HeldBlock of_memory(std::uint32_t size) { return {{new char[size], size, 0}, nullptr}; }

  explicit operator bool() const { return block_.data != nullptr; }
  bool is_stored() const { return storage_ != nullptr; }
  char* data() const { return block_.data; }
  std::uint32_t size() const { return block_.size; }
  std::uint64_t salt() const { return block_.salt; }

 private:
  Block block_;
  Storage* storage_ = nullptr;
};

}  // namespace tributary::journal
