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

/// Reads lines of the form
///   # a comment, also with ";"
///   key = value        # rest of the line behind a blank and "#" is a comment
///   key = "value"      or 'value': taken as it is between the quotes
/// Empty lines are fine, and so is a byte order mark; sections are not used and refused, and so are characters that
/// nobody sees, unless in quotes. Errors name `file` and the line, never a value.
Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& file);

/// The same from the file itself. At most 1 MiB.
Result<std::vector<ConfigEntry>> read_config(const std::string& file);

}  // namespace tributary::cli
