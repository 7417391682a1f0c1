#pragma once

#include <vector>

#include "cli/options/settings.hpp"
#include "cli/terminal/exit_code.hpp"

namespace tributary::cli {

/// Runs a node of each group in the foreground until all have left: logs what they tell, prints their monitor lines, turns
/// signals into leaving, tells the service manager. Prints to standard output and logs to standard error. With a capacity the
/// group decides how many consumers a node has, going by that; else they are a fixed number.
///
/// A group whose settings cannot work keeps all from being started. One that ends later does not keep the others from going on.
/// What ended one is told then, and the worst code is given back.
ExitCode run_nodes(const std::vector<Settings>& groups);

}  // namespace tributary::cli
