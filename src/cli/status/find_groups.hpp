#pragma once

#include <vector>

#include "cli/options/settings.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// The settings of every group that has a state on the servers of `groups`, by name; of those among `groups` their own. Goes
/// through all keys of the servers, some at a time. ErrorKind::not_found if there is none, data if there are more than 1,000.
Result<std::vector<Settings>> find_groups(const std::vector<Settings>& groups);

}  // namespace tributary::cli
