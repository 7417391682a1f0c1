#pragma once

#include <string>
#include <vector>

#include "core/group/actions.hpp"
#include "redis/group_names.hpp"

namespace tributary::redis {

/// All that a script touches, in the order in which it takes them (scripts/common.lua, commit.lua): in a cluster no other
/// key may be touched.
std::vector<std::string> keys_of(group::Script script, const GroupNames& names);

/// Those that most scripts take.
std::vector<std::string> group_keys(const std::string& group, const std::string& consumers_list);

/// How the names of all keys start that are the group's alone, and its control channel.
std::string group_prefix(const std::string& group);

/// The ring of sets that hold the ids of what was appended within a window (commit.lua).
std::vector<std::string> id_keys(const std::string& group);

/// The stream of all that could not be delivered.
std::string loss_ledger_key(const std::string& group);

/// The stream of changes of the desired state.
std::string changes_key(const std::string& group);

/// The channel of markers and ticks.
std::string control_channel(const std::string& group);

}  // namespace tributary::redis
