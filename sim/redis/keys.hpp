#pragma once

#include <string>
#include <string_view>
#include <vector>

// The keys of a group, told without the code that is checked (docs/protocol.md, "Keys").
namespace tributary::sim {

/// "tributary:{<group>}:": how the names of all start that are the group's alone.
std::string group_prefix(const std::string& group);

/// In the order in which the scripts take them, all but that of commits.
std::vector<std::string> group_keys(const std::string& group,
                                    const std::string& consumers_list = "consumer:ids");

/// Those of a commit.
std::vector<std::string> commit_keys(const std::string& group);

}  // namespace tributary::sim
