#include "cli/change_lines.hpp"

#include <algorithm>
#include <map>

#include "cli/loss_lines.hpp"
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

std::string ChangeLine::time() const { return LossLine{id, {}, {}}.time(); }

std::string ChangeLine::text() const { return change_text(field, from, to); }

Result<std::vector<ChangeLine>> read_changes(redis::SyncClient& client, const std::string& group,
                                             std::size_t count) {
  const auto reply =
      client.command({"XREVRANGE", redis::changes_key(group), "+", "-", "COUNT", std::to_string(count)});
  if (!reply) return reply.error();
  std::vector<ChangeLine> lines;
  for (const auto& entry : reply.value().elements) {
    if (entry.elements.size() != 2) continue;
    auto& line = lines.emplace_back();
    line.id = entry.elements[0].text;
    const auto& fields = entry.elements[1].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      const auto& value = fields[i + 1].text;
      if (fields[i].text == "who") line.who = value;
      if (fields[i].text == "field") line.field = value;
      if (fields[i].text == "from") line.from = value;
      if (fields[i].text == "to") line.to = value;
      if (fields[i].text == "revision") line.revision = value;
    }
  }
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace tributary::cli
