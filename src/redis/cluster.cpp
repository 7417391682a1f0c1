#include "redis/cluster.hpp"

#include <algorithm>
#include <optional>

#include "redis/command.hpp"
#include "redis/hash_slot.hpp"
#include "redis/server_error.hpp"

namespace tributary::redis {
namespace {

// Of ["10.0.0.1", 7000, "<id>", ...]. A node that does not know its own name says nothing, or "?": it is where it was asked.
std::optional<Address> address_of(const Reply& node, const Endpoint& asked) {
  if (node.elements.size() < 3) return std::nullopt;
  const auto& host = node.elements[0].text;
  const auto port = node.elements[1].integer;
  if (port <= 0 || port > 65535) return std::nullopt;
  return Address{host.empty() || host == "?" ? asked.host : host, static_cast<std::uint16_t>(port)};
}

void add(std::vector<Address>& all, const Address& one) {
  if (std::ranges::find(all, one) == all.end()) all.push_back(one);
}

Error down(const Endpoint& asked, const std::string& why) {
  return {ErrorKind::unavailable,
          "the cluster of Redis at " + asked.display() + " cannot serve this group: " + why};
}

}  // namespace

void append_cluster_questions(std::string& out) {
  append_command(out, {"CLUSTER", "INFO"});
  append_command(out, {"CLUSTER", "MYID"});
  append_command(out, {"CLUSTER", "SLOTS"});
}

Result<KeyHolder> read_key_holder(std::span<const Reply> answers, const Endpoint& asked,
                                  std::string_view key) {
  for (const auto& answer : answers) {
    if (answer.is_error()) return explain_server_error(asked, answer.text);
  }
  const auto slot = hash_slot(key);
  KeyHolder holder;
  std::vector<Address> replicas;
  bool found = false;
  for (const auto& range : answers[2].elements) {
    if (range.elements.size() < 3) continue;
    for (std::size_t i = 2; i < range.elements.size(); ++i) {
      const auto address = address_of(range.elements[i], asked);
      if (address) add(i == 2 ? holder.nodes : replicas, *address);
    }
    const auto primary = address_of(range.elements[2], asked);
    if (!primary || slot < range.elements[0].integer || slot > range.elements[1].integer) continue;
    found = true;
    holder.address = *primary;
    holder.here = range.elements[2].elements[2].text == answers[1].text;
  }
  holder.primaries = holder.nodes.size();
  for (const auto& replica : replicas) add(holder.nodes, replica);
  if (!found)
    return down(asked, "no node has its slot, " + std::to_string(slot) + "; see CLUSTER SHARDS there");
  if (holder.here && answers[0].text.find("cluster_state:ok") == std::string::npos)
    return down(asked, "it is down (cluster_state:fail); see CLUSTER INFO there");
  return holder;
}

}  // namespace tributary::redis
