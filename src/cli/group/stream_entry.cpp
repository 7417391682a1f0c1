#include "cli/group/stream_entry.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "core/base/text.hpp"

namespace tributary::cli {

std::vector<StreamEntry> entries_of(const redis::Reply& answer) {
  std::vector<StreamEntry> entries;
  for (const auto& element : answer.elements) {
    if (element.elements.size() != 2) continue;
    auto& entry = entries.emplace_back(StreamEntry{element.elements[0].text, {}});
    const auto& flat = element.elements[1].elements;
    for (std::size_t i = 0; i + 1 < flat.size(); i += 2) {
      entry.fields.emplace_back(flat[i].text, flat[i + 1].text);
    }
  }
  return entries;
}

std::string entry_time(std::string_view id) {
  const auto ms = to_number(id.substr(0, id.find('-')));
  if (!ms) return std::string(id);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(static_cast<std::time_t>(*ms / 1000)));
}

}  // namespace tributary::cli
