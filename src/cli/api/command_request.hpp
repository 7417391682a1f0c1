#pragma once

#include <optional>
#include <string_view>

#include "cli/options/settings.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// The command that a path stands for: "/api/dead/retry". Nothing: none.
std::optional<Command> command_at(std::string_view path);

/// What the command is to do, from the body of a request: an object of its options, named as on the command line but with
/// "_" for "-", and checked as there; of scale also "consumers", a number or "auto". `settings` are those of the group's node.
Result<Settings> read_command(Command command, std::string_view body, const Settings& settings);

}  // namespace tributary::cli
