#include "cli/status/find_groups.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "redis/sync_client.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kMostGroups = 1000;
// See group_prefix(). The first is for names that hold a hash tag.
struct Form {
  std::string_view before, behind;
};
constexpr Form kForms[] = {{"tributary:group:", ":state"}, {"tributary:{", "}:state"}};

// The group whose state the key is; empty: none's.
std::string group_of(std::string_view key) {
  for (const auto& [before, behind] : kForms) {
    if (key.size() > before.size() + behind.size() && key.starts_with(before) && key.ends_with(behind))
      return std::string(key.substr(before.size(), key.size() - before.size() - behind.size()));
  }
  return {};
}

Error too_many(const redis::Endpoint& endpoint) {
  return {ErrorKind::data, endpoint.display() + " has more than " + std::to_string(kMostGroups) +
                               " groups; ask for one by --output-stream"};
}

Result<std::set<std::string>> names_on(redis::SyncClient& client) {
  std::set<std::string> names;
  std::string cursor = "0";
  do {
    const auto reply =
        client.ask({"SCAN", cursor, "MATCH", "tributary:*:state", "COUNT", "1000", "TYPE", "hash"});
    if (!reply) return reply.error();
    const auto& parts = reply.value().elements;
    if (parts.size() != 2)
      return Error{ErrorKind::software, "the server's answer to SCAN cannot be understood"};
    cursor = parts[0].text;
    for (const auto& key : parts[1].elements) {
      const auto name = group_of(key.text);
      if (!name.empty()) names.insert(name);
    }
    if (names.size() > kMostGroups) return too_many(client.endpoint());
  } while (cursor != "0");
  return names;
}

// Of a cluster all primaries are asked.
Result<std::set<std::string>> names_at(const redis::Endpoint& endpoint) {
  auto client = redis::SyncClient::connect(endpoint);
  if (!client) return client.error();
  if (!client->in_cluster()) return names_on(*client);
  const auto holder = client->holder_of(endpoint.key);
  if (!holder) return holder.error();
  std::set<std::string> all;
  for (std::size_t i = 0; i < holder.value().primaries; ++i) {
    auto node = redis::at_address(endpoint, holder.value().nodes[i]);
    node.key.clear();  // this one, whatever it has
    node.others.clear();
    auto there = redis::SyncClient::connect(node);
    if (!there) return there.error();
    auto names = names_on(*there);
    if (!names) return names.error();
    all.merge(*names);
    if (all.size() > kMostGroups) return too_many(endpoint);
  }
  return all;
}

bool same_server(const redis::Endpoint& a, const redis::Endpoint& b) {
  return a.display() == b.display() && a.database == b.database;
}

}  // namespace

Result<std::vector<Settings>> find_groups(const std::vector<Settings>& groups) {
  std::vector<Settings> found;
  for (auto group = groups.begin(); group != groups.end(); ++group) {
    const auto here = [&](const Settings& other) { return same_server(other.redis, group->redis); };
    if (std::any_of(groups.begin(), group, here)) continue;
    const auto names = names_at(group->redis);
    if (!names) return names.error();
    for (const auto& name : names.value()) {
      const auto told = std::ranges::find_if(
          groups, [&](const Settings& other) { return here(other) && other.output_stream == name; });
      found.push_back(told == groups.end() ? *group : *told);
      found.back().output_stream = name;
      found.back().redis.key = name;  // where it is in a cluster
    }
  }
  if (!found.empty()) return found;
  return Error{ErrorKind::not_found, "no group has a state in database " +
                                         std::to_string(groups.front().redis.database) + " of " +
                                         groups.front().redis.display() +
                                         "; start a node with tributary consume or tributary agent"};
}

}  // namespace tributary::cli
