#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/options/settings.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// What the user asked for: run a command ...
struct Invocation {
  Command command;
  /// Of each group that it is for. One, unless the file has sections and the command is for all of them.
  std::vector<Settings> groups;
  const Settings& settings() const { return groups.front(); }
};
/// ... or only show this (--help, --version).
struct Notice {
  std::string text;
};
using Request = std::variant<Invocation, Notice>;

/// The value of an environment variable, if it is set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads the arguments (without the program's name), the environment and the configuration file. A flag wins
/// over an environment variable (TRIBUTARY_X over X), that over the configuration file, that over the default; what
/// another source overrides is not judged. Empty variables count as not set; variables of options that the command does
/// not have are not looked at; keys of the file may be those of any command, and all are checked. Errors are one line
/// that names the flag, the variable, or the file with line and key.
Result<Request> parse(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace tributary::cli
