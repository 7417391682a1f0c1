#pragma once

#include <vector>

#include "explore/world.hpp"

namespace tributary::explore {

/// All small worlds there are, the short ones first.
std::vector<WorldSettings> all_worlds();

}  // namespace tributary::explore
