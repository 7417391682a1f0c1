#include "cli/commands.hpp"
#include "cli/node/node_runner.hpp"

namespace tributary::cli {

Result<ExitCode> run_consume(const Settings& settings) { return run_nodes({settings}); }

}  // namespace tributary::cli
