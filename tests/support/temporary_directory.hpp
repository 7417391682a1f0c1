#pragma once

#include <string>

#include "cli/system/temporary_directory.hpp"

namespace tributary::test {

/// The same as the program's, but throws std::runtime_error if it cannot be made.
class TemporaryDirectory : public cli::TemporaryDirectory {
 public:
  TemporaryDirectory();
};

/// The whole file as text; empty if there is none.
std::string read_file(const std::string& path);
/// Replaces the file's contents.
void write_file(const std::string& path, const std::string& text);

}  // namespace tributary::test
