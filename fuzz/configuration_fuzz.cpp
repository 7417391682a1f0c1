#include <algorithm>

#include "cli/options/config_file.hpp"
#include "fuzz_target.hpp"

// The text of a configuration file.
void tributary::fuzz::run(std::string_view input) {
  const auto config = cli::parse_config(input, "file");
  if (!config) {
    TRIBUTARY_CHECK(config.error().kind == ErrorKind::configuration);
    TRIBUTARY_CHECK(config.error().message.starts_with("file line "));
    return;
  }
  const auto lines = std::count(input.begin(), input.end(), '\n') + 1;
  int last = 0;
  const auto check_line = [&](int line) {
    TRIBUTARY_CHECK(line > last && line <= lines);
    last = line;
  };
  // As they stand in the file, and nothing of another line.
  const auto check_text = [&](const std::string& text) {
    TRIBUTARY_CHECK(input.find(text) != std::string_view::npos && text.find('\n') == std::string::npos);
  };
  const auto check_entries = [&](const std::vector<cli::ConfigEntry>& entries) {
    for (const auto& entry : entries) {
      check_line(entry.line);
      TRIBUTARY_CHECK(!entry.key.empty());
      check_text(entry.key);
      check_text(entry.value);
    }
  };
  check_entries(config.value().entries);
  for (const auto& section : config.value().sections) {
    check_line(section.line);
    TRIBUTARY_CHECK(!section.group.empty());
    check_text(section.group);
    check_entries(section.entries);
  }
}
