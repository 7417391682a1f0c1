#include "cli/group/change_lines.hpp"

#include <algorithm>
#include <map>

#include "cli/group/stream_entry.hpp"
#include "redis/group_keys.hpp"

namespace tributary::cli {
namespace {

std::string value_text(const std::string& field, const std::string& value) {
  if (!value.empty()) return value;
  static const std::map<std::string, std::string, std::less<>> kNotSet{
      {"state", "running"},
      {"how", "drain"},
      {"consumers", "as many as the hosts have capacity"},
      {"minimum", "1"},
      {"maximum", "100"}};
  const auto found = kNotSet.find(field);
  return found == kNotSet.end() ? "each node's own" : found->second;
}

}  // namespace

std::string change_text(const std::string& field, const std::string& from, const std::string& to) {
  return field + " " + value_text(field, from) + " -> " + value_text(field, to);
}

std::string ChangeLine::time() const { return entry_time(id); }

std::string ChangeLine::text() const { return change_text(field, from, to); }

std::vector<ChangeLine> changes_of(const redis::Reply& newest_first) {
  std::vector<ChangeLine> lines;
  for (const auto& entry : entries_of(newest_first)) {
    auto& line = lines.emplace_back();
    line.id = entry.id;
    for (const auto& [name, value] : entry.fields) {
      if (name == "who") line.who = value;
      if (name == "field") line.field = value;
      if (name == "from") line.from = value;
      if (name == "to") line.to = value;
      if (name == "revision") line.revision = value;
    }
  }
  std::ranges::reverse(lines);
  return lines;
}

Result<std::vector<ChangeLine>> read_changes(redis::SyncClient& client, const std::string& group,
                                             std::size_t count) {
  const auto reply =
      client.command({"XREVRANGE", redis::changes_key(group), "+", "-", "COUNT", std::to_string(count)});
  if (!reply) return reply.error();
  return changes_of(reply.value());
}

}  // namespace tributary::cli
