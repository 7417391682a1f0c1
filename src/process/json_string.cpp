#include "process/json_string.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace tributary::process {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kHex = "0123456789abcdef";

std::optional<std::uint32_t> hex4(std::string_view text) {
  std::uint32_t number = 0;
  const auto digits = text.substr(0, 4);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4) return std::nullopt;
  return number;
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
  }
  add(0x80 | (point & 0x3f));
}

bool plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void append_escaped(std::string& out, char c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '"' || c == '\\') {
    (out += '\\') += c;
  } else {
    const auto byte = static_cast<unsigned char>(c);
    ((out += "\\u00") += kHex[byte >> 4]) += kHex[byte & 15];
  }
}

}  // namespace

std::size_t unescape_json(std::string_view quoted, std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
  if (!quoted.starts_with('"')) return 0;
  std::size_t i = 1;
  while (i < quoted.size() && quoted[i] != '"') {
    if (quoted[i] != '\\') {
      out += quoted[i++];
      continue;
    }
    if (++i == quoted.size()) return 0;
    const char escape = quoted[i++];
    if (escape != 'u') {
      const auto which = kNames.find(escape);
      if (which == std::string_view::npos) return 0;
      out += kBytes[which];
      continue;
    }
    const auto point = hex4(quoted.substr(std::min(i, quoted.size())));
    if (!point) return 0;
    i += 4;
    if (*point < 0xd800 || *point > 0xdfff) {
      append_utf8(*point, out);
      continue;
    }
    const auto low = quoted.substr(i).starts_with("\\u") ? hex4(quoted.substr(i + 2)) : std::nullopt;
    if (*point < 0xdc00 && low && *low >= 0xdc00 && *low <= 0xdfff) {
      append_utf8(0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00), out);
      i += 6;
    } else {
      out += kReplacement;
    }
  }
  return i < quoted.size() ? i + 1 : 0;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto special = std::find_if_not(text.begin(), text.end(), plain);
    const auto length = static_cast<std::size_t>(special - text.begin());
    out += text.substr(0, length);
    if (special == text.end()) break;
    append_escaped(out, *special);
    text.remove_prefix(length + 1);
  }
  out += '"';
}

}  // namespace tributary::process
