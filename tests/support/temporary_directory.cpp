#include "support/temporary_directory.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace tributary::test {
namespace {

/// Unix socket paths end at 107 bytes; this leaves room for our own names.
constexpr std::size_t kLongestBase = 60;

std::string base_directory() {
  const char* const configured = std::getenv("TMPDIR");
  const std::string base = configured ? configured : "";
  return base.empty() || base.size() > kLongestBase ? "/tmp" : base;
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() : path_(base_directory() + "/tributary-test-XXXXXX") {
  if (!mkdtemp(path_.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}

}  // namespace tributary::test
