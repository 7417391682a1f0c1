#include "sim/redis/keys.hpp"

#include <algorithm>
#include <cstdlib>

namespace tributary::sim {

std::string group_prefix(const std::string& group) { return "tributary:{" + group + "}:"; }

std::vector<std::string> group_keys(const std::string& group, const std::string& consumers_list) {
  const auto prefix = group_prefix(group);
  return {prefix + "state", prefix + "members",        prefix + "leader", prefix + "losses", group,
          consumers_list,   consumers_list + ":group", prefix + "desired"};
}

std::vector<std::string> script_keys(group::Script script, const std::string& group,
                                     const std::string& consumers_list) {
  if (script == group::Script::commit) return commit_keys(group);
  auto keys = group_keys(group, consumers_list);
  if (script == group::Script::desire) keys.push_back(group_prefix(group) + "changes");
  if (script == group::Script::status) {
    keys.push_back(group + ":dead");
    for (auto& key : id_keys(group)) keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> keys_of(const group::AnyCall& call, const std::string& group) {
  auto keys = script_keys(group::script_of(call), group);
  const auto* commit = std::get_if<group::CommitCall>(&call);
  if (commit && commit->plain) keys.pop_back();  // the dead letters
  if (commit && commit->ids.on()) {
    for (auto& key : id_keys(group)) keys.push_back(std::move(key));
  }
  return keys;
}

bool is_present(const Keyspace& data, const std::string& group, std::string_view member) {
  const auto* members = data.get<Hash>(group_prefix(group) + "members");
  if (!members) return false;
  return std::ranges::any_of(*members, [&](const auto& field) {
    return field.first == member && std::strtoll(field.second.c_str(), nullptr, 10) > data.now_ms();
  });
}

std::vector<std::string> id_keys(const std::string& group) {
  const auto prefix = group_prefix(group) + "ids:";
  return {prefix + "0", prefix + "1", prefix + "2"};
}

std::vector<std::string> commit_keys(const std::string& group) {
  return {group_prefix(group) + "state", group, group + ":dead"};
}

}  // namespace tributary::sim
