#pragma once

#include <string>
#include <utility>

#include "core/base/result.hpp"

namespace tributary::cli {

/// A new directory, below $TMPDIR or in /tmp, that only we may enter; removed with all it holds when
/// this object goes.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> create();
  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }
  /// The path of a file in it.
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tributary::cli
