#include "sim/redis/keys.hpp"

namespace tributary::sim {

std::string group_prefix(const std::string& group) { return "tributary:{" + group + "}:"; }

std::vector<std::string> group_keys(const std::string& group, const std::string& consumers_list) {
  const auto prefix = group_prefix(group);
  return {prefix + "state", prefix + "members",        prefix + "leader", prefix + "losses", group,
          consumers_list,   consumers_list + ":group", prefix + "desired"};
}

std::vector<std::string> commit_keys(const std::string& group) {
  return {group_prefix(group) + "state", group, group + ":dead"};
}

}  // namespace tributary::sim
