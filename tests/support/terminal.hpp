#pragma once

#include <string>
#include <vector>

#include "support/node.hpp"

namespace tributary::test {

/// Runs `tributary <arguments>` to its end on a terminal of its own, and types `answer` once it has shown `question`.
/// `environment` as for ChildProcess. What it showed is in `out`, errors too.
RunResult run_on_terminal(std::vector<std::string> arguments, const std::string& question,
                          const std::string& answer, const std::vector<std::string>& environment = {});

}  // namespace tributary::test
