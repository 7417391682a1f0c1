#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// JSON strings where a whole parser or writer would be too much.
namespace tributary::process {

/// Adds what the JSON string in quotes at the front of `quoted` stands for, by RFC 8259; half of a surrogate pair, which
/// UTF-8 cannot hold, becomes U+FFFD. What is no escape goes through unchecked. Returns the length of the string with its
/// quotes; 0 if it is none.
std::size_t unescape_json(std::string_view quoted, std::string& out);

/// Adds a JSON string of `text`, which must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace tributary::process
