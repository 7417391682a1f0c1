#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tributary::redis {

/// One answer of the server, owned by value.
struct Reply {
  enum class Type { nil, integer, string, status, error, array };
  Type type = Type::nil;
  std::int64_t integer = 0;
  std::string text;             ///< of string, status and error
  std::vector<Reply> elements;  ///< of array

  bool is_error() const { return type == Type::error; }
  bool is_nil() const { return type == Type::nil; }
  bool is_array() const { return type == Type::array; }
  /// True for an error that starts with this code, e.g. "NOSCRIPT".
  bool is_error(const char* code) const { return type == Type::error && text.rfind(code, 0) == 0; }
};

}  // namespace tributary::redis
