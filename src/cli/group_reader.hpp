#pragma once

#include "cli/settings.hpp"
#include "core/base/result.hpp"
#include "observe/group_status.hpp"
#include "redis/sync_client.hpp"

namespace tributary::cli {

/// Asks the server for the whole status of the group that feeds `settings.output_stream`. A group that does
/// not exist is no error (GroupStatus::exists()).
Result<observe::GroupStatus> read_group(redis::SyncClient& client, const Settings& settings);

}  // namespace tributary::cli
