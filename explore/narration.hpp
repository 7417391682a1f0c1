#pragma once

#include <string>

#include "explore/calls.hpp"

// How stories and complaints name things.
namespace tributary::explore {

/// "a" for the first node, and so on.
inline std::string letter(std::size_t node) { return std::string(1, static_cast<char>('a' + node)); }

/// What a node is told by it.
std::string brief(const Event& event);

}  // namespace tributary::explore
