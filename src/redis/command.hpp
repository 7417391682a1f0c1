#pragma once

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

/// Appends one argument as "$<length>\r\n<bytes>\r\n". Any bytes are allowed.
inline void append_argument(std::string& out, std::string_view argument) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, argument.size()).ptr;
  out += '$';
  out.append(digits, end);
  out += "\r\n";
  out.append(argument);
  out += "\r\n";
}

/// Appends a whole command.
inline void append_command(std::string& out, std::initializer_list<std::string_view> arguments) {
  append_command_header(out, arguments.size());
  for (const auto argument : arguments) append_argument(out, argument);
}

}  // namespace tributary::redis
