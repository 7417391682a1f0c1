#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace tributary::storage {

inline constexpr std::uint64_t kFormatVersion = 1;

/// Keeps other processes away from a directory for as long as it lives, and the process does.
class DirectoryLock {
 public:
  DirectoryLock() = default;
  static Result<DirectoryLock> take(const std::string& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_ = -1;
};

/// Whose journal a directory holds: the file `journal` in it, lines of text.
struct DirectoryLabel {
  std::string group;
  std::string id;        ///< made with the directory
  bool is_copy = false;  ///< it says that it is another file: it was copied, and has a new id
};

/// Reads it, or makes one. Errors: another group's; of a later version; not understood; cannot be read or written.
Result<DirectoryLabel> label_of(const std::string& directory, const std::string& group,
                                const std::string& new_id);

/// The directory of a group in one for all of them.
std::string directory_of(const std::string& all, const std::string& group);

}  // namespace tributary::storage
