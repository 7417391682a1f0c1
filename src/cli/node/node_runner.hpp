#pragma once

#include <cstdint>

#include "cli/options/settings.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// How many consumers a node has.
struct NodeSize {
  std::uint32_t consumers = 0;  ///< to begin with
  std::uint32_t capacity = 0;   ///< 0: `consumers` is a fixed number; else the group decides, going by this
};

/// Runs a node in the foreground until it has left the group: logs what the relay reports, prints the monitor
/// line, turns signals into leaving, tells the service manager. Prints to standard output and logs to
/// standard error.
Result<ExitCode> run_node(const Settings& settings, NodeSize size);

}  // namespace tributary::cli
