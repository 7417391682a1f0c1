#pragma once

#include "cli/options/settings.hpp"
#include "cli/terminal/caller.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// Processes the letters that `settings.dead` chooses again, and moves those that succeed. Connects by itself, and blocks,
/// for as long as the processor takes.
Result<ExitCode> retry_letters(const Settings& settings, const Caller& caller);

/// Deletes them; asks a person first, unless `settings.yes`. Connects by itself, and blocks.
Result<ExitCode> drop_letters(const Settings& settings, const Caller& caller);

}  // namespace tributary::cli
