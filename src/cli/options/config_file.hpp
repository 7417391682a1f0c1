#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace tributary::cli {

/// One `key = value` of a configuration file.
struct ConfigEntry {
  int line = 0;  ///< from 1
  std::string key;
  std::string value;
};

/// The lines from one `[group NAME]` to the next.
struct ConfigSection {
  int line = 0;  ///< its heading's
  std::string group;
  std::vector<ConfigEntry> entries;
};

/// What a configuration file says.
struct ConfigFile {
  std::vector<ConfigEntry> entries;     ///< before the first section: they hold for all
  std::vector<ConfigSection> sections;  ///< no two of the same group
};

/// Reads lines of the form
///   # a comment, also with ";"
///   key = value        # rest of the line behind a blank and "#" is a comment
///   key = "value"      or 'value': taken as it is between the quotes
///   [group NAME]       what follows is said of that group only
/// Empty lines are fine, and so is a byte order mark; other sections are refused, and so are characters that nobody sees,
/// unless in quotes. Errors name `file` and the line, never a value.
Result<ConfigFile> parse_config(std::string_view text, const std::string& file);

/// The same from the file itself. At most 1 MiB.
Result<ConfigFile> read_config(const std::string& file);

}  // namespace tributary::cli
