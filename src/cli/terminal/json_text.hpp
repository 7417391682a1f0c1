#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

// What all JSON that the program prints has in common: docs/json.md.
namespace tributary::cli {

/// Stands first in each object as "schema". Goes up when a key goes, or what it means or holds changes; not when one comes.
inline constexpr int kJsonSchema = 1;

/// What others wrote, as a string of valid UTF-8; null if there is nothing.
boost::json::value json_or_null(std::string_view text);

/// Text that holds a number as a number, other text as a string; null if it is empty, or "-" or "?", which is how "nobody"
/// and "nobody knows" are kept.
boost::json::value json_number_or_text(std::string_view text);

template <class Value>
boost::json::value json_or_null(const std::optional<Value>& value) {
  return value ? boost::json::value(*value) : boost::json::value(nullptr);
}

/// The text of one object, without a line's end.
std::string json_text(boost::json::object object);

}  // namespace tributary::cli
