#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/text.hpp"
#include "core/group/node_driver.hpp"

namespace tributary::fuzz {

/// Inputs for a node are lines, one event each; "ME" in them stands for the node's present member id.
inline std::string with_member(std::string_view line, const group::MemberId& member) {
  std::string text(line);
  for (auto at = text.find("ME"); at != std::string::npos; at = text.find("ME", at + member.text.size())) {
    text.replace(at, 2, member.text);
  }
  return text;
}

/// A number of at most `most` that `text` begins with, 0 if it does not.
inline std::uint64_t small_number(std::string_view text, std::uint64_t most) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  return std::min(to_number(text.substr(0, digits)).value_or(0), most);
}

}  // namespace tributary::fuzz
