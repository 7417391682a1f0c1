#pragma once

#include <string>
#include <string_view>

namespace tributary::process {

/// What names a value in a message: a top-level member, or a JSON pointer (RFC 6901), such as /meta/id.
struct MemberPath {
  std::string member;   ///< the top-level member, unescaped
  std::string pointer;  ///< from its value on; empty: it is the value

  explicit MemberPath(std::string_view name);
};

}  // namespace tributary::process
