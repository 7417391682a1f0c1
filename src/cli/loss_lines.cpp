#include "cli/loss_lines.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/base/text.hpp"
#include "redis/group_keys.hpp"

namespace tributary::cli {

std::string LossLine::time() const {
  const auto ms = to_number(std::string_view(id).substr(0, id.find('-')));
  if (!ms) return id;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(*ms / 1000)));
}

std::string LossLine::range() const {
  std::string text;
  for (const auto& [name, value] : details) {
    if (value.empty() || value == "-") continue;
    text += (text.empty() ? "" : name == "to" ? " " : ", ") + name + " " + value;
  }
  return text;
}

Result<std::vector<LossLine>> read_losses(redis::SyncClient& client, const std::string& group,
                                          std::size_t count) {
  const auto reply =
      client.ask({"XREVRANGE", redis::loss_ledger_key(group), "+", "-", "COUNT", std::to_string(count)});
  if (!reply) return reply.error();
  std::vector<LossLine> lines;
  for (const auto& entry : reply.value().elements) {
    if (entry.elements.size() != 2) continue;
    auto& line = lines.emplace_back();
    line.id = entry.elements[0].text;
    const auto& fields = entry.elements[1].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text == "reason") {
        line.reason = fields[i + 1].text;
      } else {
        line.details.emplace_back(fields[i].text, fields[i + 1].text);
      }
    }
  }
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace tributary::cli
