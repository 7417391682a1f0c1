#include "cli/commands.hpp"
#include "cli/node/node_runner.hpp"
#include "cli/system/cores.hpp"

namespace tributary::cli {

// Joins without a consumer; the leader gives it its share of what the group is to have.
Result<ExitCode> run_agent(std::vector<Settings> groups) {
  for (auto& group : groups) {
    if (group.capacity == 0) group.capacity = usable_cores();
  }
  return run_nodes(groups);
}

}  // namespace tributary::cli
