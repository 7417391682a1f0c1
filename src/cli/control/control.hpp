#pragma once

#include "cli/options/settings.hpp"
#include "cli/terminal/caller.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// scale, pause, resume or stop, as `command` says, for whoever wants it. Connects by itself, blocks, and waits for the group
/// as `settings.control` says.
Result<ExitCode> change_group(Command command, const Settings& settings, const Caller& caller);

}  // namespace tributary::cli
