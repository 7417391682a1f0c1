#pragma once

#include <string>

namespace tributary::test {

/// A fresh directory (below $TMPDIR, or /tmp if that is unset or too long for Unix sockets), removed with
/// everything in it at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// The path of a file in it.
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The whole file as text; empty if there is none.
std::string read_file(const std::string& path);
/// Replaces the file's contents.
void write_file(const std::string& path, const std::string& text);

}  // namespace tributary::test
