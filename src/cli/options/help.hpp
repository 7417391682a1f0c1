#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/options/settings.hpp"

namespace tributary::cli {

/// What `tributary --help` shows. At most 100 columns.
std::string general_help();
/// The same of the commands whose first word is `family`, e.g. "dead".
std::string family_help(std::string_view family);
/// What `tributary <command> --help` shows. At most 100 columns.
std::string command_help(Command command);

/// `text` broken into lines of at most `width` columns, between words. At least one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace tributary::cli
