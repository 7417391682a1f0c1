#include <algorithm>

#include "cli/options/config_file.hpp"
#include "fuzz_target.hpp"

// The text of a configuration file.
void tributary::fuzz::run(std::string_view input) {
  const auto entries = cli::parse_config(input, "file");
  if (!entries) {
    TRIBUTARY_CHECK(entries.error().kind == ErrorKind::configuration);
    TRIBUTARY_CHECK(entries.error().message.starts_with("file line "));
    return;
  }
  const auto lines = std::count(input.begin(), input.end(), '\n') + 1;
  int last = 0;
  for (const auto& entry : entries.value()) {
    TRIBUTARY_CHECK(entry.line > last && entry.line <= lines);
    last = entry.line;
    // Key and value as they stand in the file, and nothing of another line.
    TRIBUTARY_CHECK(!entry.key.empty() && input.find(entry.key) != std::string_view::npos);
    TRIBUTARY_CHECK(input.find(entry.value) != std::string_view::npos);
    TRIBUTARY_CHECK((entry.key + entry.value).find('\n') == std::string::npos);
  }
}
