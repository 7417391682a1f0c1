#include "core/base/safe_text.hpp"

#include <cstdint>

namespace tributary {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

struct Character {
  std::size_t bytes = 0;  ///< 0: the text does not start with a character of UTF-8
  std::uint32_t code = 0;
};

// The first character of a text that is not empty. Refused: overlong forms, surrogates, above U+10FFFF.
Character first_character(std::string_view text) {
  const auto lead = byte_at(text, 0);
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (bytes == 0 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte_at(text, i) & 0x3fU);
  }
  static constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {};
  return {bytes, code};
}

bool is_visible(std::uint32_t code) {
  const auto within = [code](std::uint32_t first, std::uint32_t last) {
    return code >= first && code <= last;
  };
  return !(within(0, 0x1f) || within(0x7f, 0x9f)        // control characters
           || within(0x200b, 0x200f) || code == 0x061c  // without width, marks of direction
           || within(0x2028, 0x202e) || code == 0xfeff  // line ends, direction
           || within(0x2060, 0x206f) || within(0xe0000, 0xe0fff));
}

/// Walks through the characters; `take` gets the bytes of each and its code, nothing for a byte that is none.
template <class Take>
void for_each_character(std::string_view text, Take take) {
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto bytes = character.bytes == 0 ? 1 : character.bytes;
    take(text.substr(0, bytes), character);
    text.remove_prefix(bytes);
  }
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto character = first_character(bytes);
    if (character.bytes == 0) return false;
    bytes.remove_prefix(character.bytes);
  }
  return true;
}

std::string visible_text(std::string_view bytes, bool keep_lines) {
  std::string text;
  text.reserve(bytes.size());
  for_each_character(bytes, [&](std::string_view part, Character character) {
    const bool kept = keep_lines && (part == "\n" || part == "\t");
    if (kept || (character.bytes > 0 && is_visible(character.code))) {
      text += part;
      return;
    }
    constexpr char kHex[] = "0123456789abcdef";
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto byte = byte_at(part, i);
      text.append("\\x").append({kHex[byte >> 4], kHex[byte & 15]});
    }
  });
  return text;
}

std::string valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for_each_character(bytes, [&](std::string_view part, Character character) {
    text += character.bytes == 0 ? std::string_view("\xef\xbf\xbd") : part;
  });
  return text;
}

std::string shortened(std::string_view text, std::size_t bytes) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= bytes) return std::string(text);
  auto end = bytes > kDots.size() ? bytes - kDots.size() : 0;
  while (end > 0 && (byte_at(text, end) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + std::string(kDots);
}

std::string quoted_start(std::string_view bytes) {
  constexpr std::size_t kMostShown = 60;
  return "\"" + visible_text(bytes.substr(0, kMostShown)) + (bytes.size() > kMostShown ? "\"..." : "\"");
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = bytes.size() - i;
    const std::uint32_t bits = static_cast<std::uint32_t>(byte_at(bytes, i)) << 16 |
                               (left > 1 ? static_cast<std::uint32_t>(byte_at(bytes, i + 1)) << 8 : 0U) |
                               (left > 2 ? byte_at(bytes, i + 2) : 0U);
    text += kDigits[bits >> 18];
    text += kDigits[bits >> 12 & 63];
    text += left > 1 ? kDigits[bits >> 6 & 63] : '=';
    text += left > 2 ? kDigits[bits & 63] : '=';
  }
  return text;
}

}  // namespace tributary
