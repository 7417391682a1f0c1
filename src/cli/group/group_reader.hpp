#pragma once

#include <string>
#include <vector>

#include "cli/options/settings.hpp"
#include "core/base/result.hpp"
#include "core/group/actions.hpp"
#include "observe/group_status.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// Runs status or desire on the keys of the group that feeds `settings.output_stream`; `arguments` are those behind
/// the group's name. Gives its answer.
Result<std::vector<std::string>> run_script(redis::SyncClient& client, const Settings& settings,
                                            group::Script name, const std::vector<std::string>& arguments);

/// Asks the server for the whole status of the group. A group that does not exist is no error
/// (GroupStatus::exists()).
Result<observe::GroupStatus> read_group(redis::SyncClient& client, const Settings& settings);

/// What is wrong if there is no such group.
Error no_such_group(const Settings& settings);

}  // namespace tributary::cli
