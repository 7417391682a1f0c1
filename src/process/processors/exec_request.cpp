#include "process/processors/exec_request.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tributary::process {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kHex = "0123456789abcdef";

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

// Of UTF-8; control characters are escaped.
void append_text(std::string& out, std::string_view text) {
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

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

// Names may hold any bytes: those that are not ASCII in one that is not UTF-8 are replaced.
void append_name(std::string& out, std::string_view name) {
  if (is_utf8(name)) return append_text(out, name);
  std::string replaced;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x80) {
      replaced += c;
    } else {
      replaced += kReplacement;
    }
  }
  append_text(out, replaced);
}

void append_json(std::string& out, std::string_view payload) {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += payload;
  // A JSON string holds no line end, so these stand between tokens.
  std::replace_if(
      out.begin() + begin, out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    const char digits[] = {kDigits[group >> 18], kDigits[group >> 12 & 63],
                           i + 1 < bytes.size() ? kDigits[group >> 6 & 63] : '=',
                           i + 2 < bytes.size() ? kDigits[group & 63] : '='};
    out.append(digits, sizeof digits);
  }
}

}  // namespace

void append_request(std::string& lines, const Message& message, bool json) {
  lines += "{\"position\":";
  append_name(lines, message.position);
  if (!message.id.empty()) {
    lines += ",\"message_id\":";
    append_name(lines, message.id);
  }
  lines += ",\"channel\":";
  append_name(lines, message.channel);
  char attempt[16];
  const auto end = std::to_chars(attempt, attempt + sizeof attempt, message.attempt).ptr;
  (lines += ",\"attempt\":").append(attempt, end);
  if (json) {
    lines += ",\"payload\":";
    append_json(lines, message.payload);
  } else if (is_utf8(message.payload)) {
    lines += ",\"payload\":";
    append_text(lines, message.payload);
  } else {
    lines += ",\"payload_base64\":\"";
    append_base64(lines, message.payload);
    lines += '"';
  }
  lines += "}\n";
}

}  // namespace tributary::process
