#include <algorithm>
#include <thread>

#include "cli/commands.hpp"
#include "cli/node/node_runner.hpp"

namespace tributary::cli {

// Joins without a consumer; the leader gives it its share of what the group is to have.
Result<ExitCode> run_agent(const Settings& settings) {
  const auto cores = std::max(std::thread::hardware_concurrency(), 1u);
  return run_node(settings, {0, settings.capacity > 0 ? settings.capacity : cores});
}

}  // namespace tributary::cli
