#include "cli/group/loss_lines.hpp"

#include <algorithm>
#include <utility>

#include "cli/group/stream_entry.hpp"
#include "redis/group_keys.hpp"

namespace tributary::cli {

std::string LossLine::time() const { return entry_time(id); }

std::string LossLine::range() const {
  std::string text;
  for (const auto& [name, value] : details) {
    if (value.empty() || value == "-") continue;
    text += (text.empty() ? "" : name == "to" ? " " : ", ") + name + " " + value;
  }
  return text;
}

std::vector<LossLine> losses_of(const redis::Reply& entries) {
  std::vector<LossLine> lines;
  for (auto& entry : entries_of(entries)) {
    auto& line = lines.emplace_back();
    line.id = entry.id;
    for (auto& [name, value] : entry.fields) {
      if (name == "reason") {
        line.reason = value;
      } else {
        line.details.emplace_back(std::move(name), std::move(value));
      }
    }
  }
  return lines;
}

Result<std::vector<LossLine>> read_losses(redis::SyncClient& client, const std::string& group,
                                          std::size_t count) {
  const auto reply =
      client.ask({"XREVRANGE", redis::loss_ledger_key(group), "+", "-", "COUNT", std::to_string(count)});
  if (!reply) return reply.error();
  auto lines = losses_of(reply.value());
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace tributary::cli
