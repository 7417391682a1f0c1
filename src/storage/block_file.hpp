#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace tributary::storage {

inline constexpr std::uint32_t kFileSize = 1 << 20;  ///< but for those of one larger message

/// A file of blocks, mapped into memory as a whole. All its blocks have one size at a time. Its space is reserved: writing
/// into the mapping cannot fail.
class BlockFile {
 public:
  /// A new file in which nothing is used.
  static Result<std::unique_ptr<BlockFile>> create(const std::string& path, std::uint32_t size);
  static Result<std::unique_ptr<BlockFile>> open(const std::string& path);
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  ~BlockFile();

  char* data() const { return data_; }
  std::uint32_t size() const { return size_; }
  const std::string& path() const { return path_; }
  std::span<const char> bytes() const { return {data_, size_}; }
  /// Cuts it into blocks of this size; none may be in use.
  void cut(std::uint32_t block_size);
  /// Until it is on the disk.
  void sync() const;

  std::uint32_t block_size = 0;
  std::uint32_t used = 0;           ///< blocks
  std::vector<std::uint32_t> free;  ///< offsets of the others
  bool damaged = false;             ///< some of its blocks cannot be read: it is not used again

 private:
  BlockFile(std::string path, char* data, std::uint32_t size)
      : path_(std::move(path)), data_(data), size_(size) {}
  static Result<std::unique_ptr<BlockFile>> map(const std::string& path, int file, std::uint64_t size);

  std::string path_;
  char* data_;
  std::uint32_t size_;
};

}  // namespace tributary::storage
