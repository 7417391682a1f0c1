#pragma once

#include <string>
#include <vector>

namespace tributary::redis {

/// The keys of a group, in the order in which the scripts take them (scripts/common.lua). `group` is the name
/// of its output stream.
std::vector<std::string> group_keys(const std::string& group, const std::string& consumers_list);

/// How the names of all keys start that are the group's alone, and its control channel.
std::string group_prefix(const std::string& group);

/// The stream of all that could not be delivered.
std::string loss_ledger_key(const std::string& group);

/// The stream of changes of the desired state.
std::string changes_key(const std::string& group);

/// The channel of markers and ticks.
std::string control_channel(const std::string& group);

}  // namespace tributary::redis
