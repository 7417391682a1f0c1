#include "cli/commands.hpp"

namespace tributary::cli {

Result<ExitCode> run_demo(const Settings&) {
  return Error{ExitCode::software, "demo is not built yet"};
}

}  // namespace tributary::cli
