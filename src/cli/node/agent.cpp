#include "cli/commands.hpp"
#include "cli/node/node_runner.hpp"
#include "cli/system/cores.hpp"

namespace tributary::cli {

// Joins without a consumer; the leader gives it its share of what the group is to have.
Result<ExitCode> run_agent(const Settings& settings) {
  auto own = settings;
  if (own.capacity == 0) own.capacity = usable_cores();
  return run_node(own);
}

}  // namespace tributary::cli
