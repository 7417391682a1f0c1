#include "redis/group_keys.hpp"

#include "redis/hash_slot.hpp"

namespace tributary::redis {
namespace {

std::string group_key(const std::string& group, const char* name) { return group_prefix(group) + name; }

}  // namespace

// A name with a hash tag of its own goes by it.
std::string group_prefix(const std::string& group) {
  return hash_tag(group).empty() ? "tributary:{" + group + "}:" : "tributary:group:" + group + ":";
}

// Each more costs a commit another look for every id, and lets the window be more exactly what was asked for.
std::vector<std::string> id_keys(const std::string& group) {
  return {group_key(group, "ids:0"), group_key(group, "ids:1"), group_key(group, "ids:2")};
}

std::string loss_ledger_key(const std::string& group) { return group_key(group, "losses"); }

std::string changes_key(const std::string& group) { return group_key(group, "changes"); }

std::string control_channel(const std::string& group) { return group_key(group, "control"); }

std::vector<std::string> keys_of(group::Script script, const GroupNames& names) {
  if (script == group::Script::commit)
    return {group_key(names.output_stream, "state"), names.output_stream, names.dead_letter_stream};
  auto keys = group_keys(names.output_stream, names.consumers_list);
  if (script == group::Script::status) {
    keys.push_back(names.dead_letter_stream);
    for (auto& key : id_keys(names.output_stream)) keys.push_back(std::move(key));
  }
  if (script == group::Script::desire) keys.push_back(changes_key(names.output_stream));
  return keys;
}

std::vector<std::string> group_keys(const std::string& group, const std::string& consumers_list) {
  return {group_key(group, "state"),
          group_key(group, "members"),
          group_key(group, "leader"),
          loss_ledger_key(group),
          group,
          consumers_list,
          consumers_list + ":group",
          group_key(group, "desired")};
}

}  // namespace tributary::redis
