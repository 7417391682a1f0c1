#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tributary {

/// The parts of `text` between separators; empty text has no parts.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) parts.emplace_back();
  }
  return parts;
}

/// A decimal number that fills the whole text, else nothing.
inline std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// "1,203,442": for people. The same in every locale.
inline std::string with_commas(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

/// "1 node", "3 nodes", "1,203 nodes".
inline std::string count_of(std::uint64_t number, std::string_view thing) {
  return with_commas(number) + " " + std::string(thing) + (number == 1 ? "" : "s");
}

/// For error messages: in quotes, its first 100 bytes.
inline std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + (text.size() > 100 ? "...\"" : "\"");
}

}  // namespace tributary
