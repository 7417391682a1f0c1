#include "support/group_snapshot.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/base/text.hpp"
#include "redis/group_keys.hpp"

namespace tributary::test {
namespace {

// One step, so that state and list belong to the same instant.
constexpr char kReadGroup[] = R"(
local fields = redis.call('HGETALL', KEYS[1])
return {fields, redis.call('LRANGE', KEYS[2], 0, -1), redis.call('GET', KEYS[3]) or ''}
)";

}  // namespace

std::vector<GroupSnapshot::Member> parse_members(std::string_view text) {
  std::vector<GroupSnapshot::Member> members;
  for (const auto entry : split(text, ',')) {
    const auto parts = split(entry, '/');
    if (parts.size() != 4) continue;
    members.push_back({std::string(parts[0]), static_cast<std::uint32_t>(to_number(parts[1]).value_or(0)),
                       parts[3] == "1"});
  }
  return members;
}

std::vector<std::string> GroupSnapshot::expected_consumer_ids() const {
  std::vector<std::string> ids;
  for (const auto& member : members) {
    for (std::uint32_t i = 1; i <= member.weight; ++i) ids.push_back(member.id + "." + std::to_string(i));
  }
  return ids;
}

bool GroupSnapshot::lists(pid_t pid) const {
  return std::any_of(members.begin(), members.end(),
                     [&](const Member& member) { return !member.leaving && pid_of(member.id) == pid; });
}

GroupSnapshot read_group(TestClient& client, const std::string& group, const std::string& list) {
  const auto prefix = redis::group_prefix(group);
  const TestClient::Command read = {"EVAL", kReadGroup, "3", prefix + "state", list, prefix + "leader"};
  auto reply = client.command(read);
  if (reply.is_error("CONNECTION")) reply = client.command(read);  // of a server that was restarted
  GroupSnapshot snapshot;
  if (!reply.is_array() || reply.elements.size() != 3) return snapshot;
  const auto& fields = reply.elements[0].elements;
  std::string record;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "view") snapshot.view = fields[i + 1].text;
    if (fields[i].text == "tick") snapshot.tick = to_number(fields[i + 1].text).value_or(0);
    if (fields[i].text.starts_with("lane:")) snapshot.open_lanes.push_back(fields[i].text);
  }
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == "view:" + snapshot.view) record = fields[i + 1].text;
  }
  snapshot.members = parse_members(std::string_view(record).substr(record.find(' ') + 1));  // <identity> ...
  for (const auto& id : reply.elements[1].elements) snapshot.consumer_ids.push_back(id.text);
  snapshot.leader = reply.elements[2].text;
  return snapshot;
}

pid_t pid_of(const std::string& member_id) {
  const auto random = member_id.rfind('-');
  if (random == std::string::npos || random == 0) return 0;
  const auto pid = member_id.rfind('-', random - 1);
  if (pid == std::string::npos) return 0;
  return static_cast<pid_t>(to_number(member_id.substr(pid + 1, random - pid - 1)).value_or(0));
}

std::int64_t entries_added(TestClient& client, const std::string& stream) {
  const auto info = client.command({"XINFO", "STREAM", stream});
  for (std::size_t i = 0; i + 1 < info.elements.size(); i += 2) {
    if (info.elements[i].text == "entries-added") return info.elements[i + 1].integer;
  }
  return 0;
}

std::vector<EntryFields> read_entries(TestClient& client, const std::string& stream) {
  constexpr std::size_t kPage = 5000;
  std::vector<EntryFields> entries;
  std::string from = "-";
  while (true) {
    const auto page = client.command({"XRANGE", stream, from, "+", "COUNT", std::to_string(kPage)});
    for (const auto& entry : page.elements) {
      if (entry.elements.size() != 2) continue;
      auto& fields = entries.emplace_back();
      for (const auto& text : entry.elements[1].elements) fields.push_back(text.text);
      from = "(" + entry.elements[0].text;
    }
    if (page.elements.size() < kPage) return entries;
  }
}

std::string value_of(const EntryFields& entry, const std::string& field) {
  for (std::size_t i = 0; i + 1 < entry.size(); i += 2) {
    if (entry[i] == field) return entry[i + 1];
  }
  return "";
}

}  // namespace tributary::test
