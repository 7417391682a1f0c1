#include "support/temporary_directory.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tributary::test {
namespace {

cli::TemporaryDirectory created() {
  auto directory = cli::TemporaryDirectory::create();
  if (!directory) throw std::runtime_error(directory.error().message);
  return std::move(*directory);
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() : cli::TemporaryDirectory(created()) {}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
}

}  // namespace tributary::test
