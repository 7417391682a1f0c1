#include "process/processors/exec_request.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/safe_text.hpp"
#include "process/json_string.hpp"

namespace tributary::process {
namespace {

// Names may hold any bytes.
void append_name(std::string& out, std::string_view name) {
  append_json_string(out, is_utf8(name) ? name : valid_utf8(name));
}

void append_json(std::string& out, std::string_view payload) {
  const auto begin = static_cast<std::ptrdiff_t>(out.size());
  out += payload;
  // A JSON string holds no line end, so these stand between tokens.
  std::replace_if(
      out.begin() + begin, out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
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
    append_json_string(lines, message.payload);
  } else {
    ((lines += ",\"payload_base64\":\"") += base64(message.payload)) += '"';
  }
  lines += "}\n";
}

}  // namespace tributary::process
