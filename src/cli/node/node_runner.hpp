#pragma once

#include "cli/options/settings.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// Runs a node in the foreground until it has left the group: logs what it tells, prints the monitor line, turns signals
/// into leaving, tells the service manager. Prints to standard output and logs to standard error. With a capacity the
/// group decides how many consumers it has, going by that; else they are a fixed number.
Result<ExitCode> run_node(const Settings& settings);

}  // namespace tributary::cli
