#pragma once

#include <string>
#include <vector>

#include "cli/options/settings.hpp"
#include "cli/status/status_text.hpp"
#include "cli/terminal/exit_code.hpp"

namespace tributary::cli {

/// One of several groups, as far as it can be read.
struct GroupOverview {
  std::optional<Error> trouble;  ///< why there is no status
  StatusReport report;           ///< else only its `group`
};

/// For people: a line for each group.
std::string overview_text(const std::vector<GroupOverview>& groups);
/// For machines: one JSON object, without the end of the line.
std::string overview_json(const std::vector<GroupOverview>& groups);

/// `status` of several groups: prints one of these. What keeps one from being read is told, and does not keep back the
/// others; the worst code is given back.
ExitCode run_overview(const std::vector<Settings>& groups);

}  // namespace tributary::cli
