#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/text.hpp"

namespace tributary::cli {

/// Id of a stream's entry: the server's time when it was added, and a number for entries of the same ms.
struct EntryId {
  std::uint64_t ms = 0;
  std::uint64_t sequence = 0;

  std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
  friend auto operator<=>(const EntryId&, const EntryId&) = default;
};

/// Reads "<ms>-<sequence>"; nothing if the text is anything else.
inline std::optional<EntryId> parse_entry_id(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto ms = to_number(text.substr(0, dash));
  const auto sequence = to_number(text.substr(dash + 1));
  if (!ms || !sequence) return std::nullopt;
  return EntryId{*ms, *sequence};
}

}  // namespace tributary::cli
