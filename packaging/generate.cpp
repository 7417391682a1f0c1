// Run when the package's files are made: writes manual pages, completions and the example configuration into
// a directory. All come from the program's own declarations, so they cannot drift from it.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli/options/options.hpp"
#include "cli/reference/completions.hpp"
#include "cli/reference/example_config.hpp"
#include "cli/reference/manual.hpp"

namespace {

using namespace tributary;

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  if (!stream.flush()) throw std::filesystem::filesystem_error("cannot be written", file, std::error_code());
}

void write_all(const std::filesystem::path& directory) {
  write(directory / "man/tributary.1", cli::general_manual());
  for (const auto& facts : cli::all_commands()) {
    const auto manual = cli::command_manual(facts.command);
    write(directory / ("man/" + manual.page + ".1"), manual.text);
  }
  write(directory / "completions/tributary.bash", cli::bash_completion());
  write(directory / "completions/_tributary", cli::zsh_completion());
  write(directory / "completions/tributary.fish", cli::fish_completion());
  write(directory / "tributary.conf", cli::example_config());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tributary_generate DIRECTORY\n", stderr);
    return 64;
  }
  try {
    write_all(argv[1]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tributary_generate: {}\n", error.what());
    return 73;
  }
}
