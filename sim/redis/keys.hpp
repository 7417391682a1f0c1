#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/group/calls.hpp"
#include "sim/redis/keyspace.hpp"

// The keys of a group, told without the code that is checked (docs/protocol.md, "Keys").
namespace tributary::sim {

/// "tributary:{<group>}:": how the names of all start that are the group's alone.
std::string group_prefix(const std::string& group);

/// Those of a script, in the order in which it takes them.
std::vector<std::string> script_keys(group::Script script, const std::string& group,
                                     const std::string& consumers_list = "consumer:ids");

/// Those that most scripts take.
std::vector<std::string> group_keys(const std::string& group,
                                    const std::string& consumers_list = "consumer:ids");

/// Those that hold the ids of what was appended.
std::vector<std::string> id_keys(const std::string& group);
/// Those of a commit.
std::vector<std::string> commit_keys(const std::string& group);
/// Those of this call.
std::vector<std::string> keys_of(const group::AnyCall& call, const std::string& group);

/// Whether a member has presence whose deadline has not passed.
bool is_present(const Keyspace& data, const std::string& group, std::string_view member);

}  // namespace tributary::sim
