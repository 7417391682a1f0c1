#pragma once

#include <string>
#include <vector>

#include "cli/options/settings.hpp"
#include "core/base/result.hpp"
#include "core/group/actions.hpp"
#include "observe/group_status.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// Connects, in a cluster to the node that has the group, and settles what the group's streams are called there.
Result<redis::SyncClient> connect_to_group(Settings& settings, redis::Timeouts timeouts = {});

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
