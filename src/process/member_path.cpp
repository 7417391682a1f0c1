#include "process/member_path.hpp"

#include <utility>

namespace tributary::process {

MemberPath::MemberPath(std::string_view name) : member(name) {
  if (!name.starts_with('/')) return;
  const auto end = name.find('/', 1);
  if (end != std::string_view::npos) pointer = name.substr(end);
  member = name.substr(1, end == std::string_view::npos ? end : end - 1);
  for (const auto& [escape, character] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
    for (auto at = member.find(escape); at != std::string::npos; at = member.find(escape, at + 1))
      member.replace(at, 2, character);
  }
}

}  // namespace tributary::process
