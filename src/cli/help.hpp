#pragma once

#include <string>

#include "cli/settings.hpp"

namespace tributary::cli {

/// What `tributary --help` shows. At most 100 columns.
std::string general_help();
/// What `tributary <command> --help` shows. At most 100 columns.
std::string command_help(Command command);

}  // namespace tributary::cli
