#include "cli/commands.hpp"
#include "cli/node/node_runner.hpp"
#include "cli/system/cores.hpp"

namespace tributary::cli {

// Joins without a consumer; the leader gives it its share of what the group is to have.
Result<ExitCode> run_agent(const Settings& settings) {
  return run_node(settings, {0, settings.capacity > 0 ? settings.capacity : usable_cores()});
}

}  // namespace tributary::cli
