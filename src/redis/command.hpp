#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tributary::redis {

/// Appends "*<count>\r\n": the start of a command of `count` arguments, its name included.
inline void append_command_header(std::string& out, std::size_t count) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, count).ptr;
  out += '*';
  out.append(digits, end);
  out += "\r\n";
}

/// Appends one argument as "$<length>\r\n<bytes>\r\n". Any bytes are allowed. What is short, as nearly all
/// is, is put together first and appended in one step: this runs twice for each message.
inline void append_argument(std::string& out, std::string_view argument) {
  constexpr std::size_t kShort = 96;
  char bytes[24 + kShort + 2];
  char* end = bytes;
  *end++ = '$';
  end = std::to_chars(end, bytes + 22, argument.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  if (argument.size() <= kShort) {
    end = std::copy(argument.begin(), argument.end(), end);
  } else {
    out.append(bytes, end);
    out.append(argument);
    end = bytes;
  }
  *end++ = '\r';
  *end++ = '\n';
  out.append(bytes, end);
}

/// Appends a whole command.
inline void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
  append_command_header(out, arguments.size());
  for (const auto argument : arguments) append_argument(out, argument);
}

}  // namespace tributary::redis
