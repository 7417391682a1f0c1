#pragma once

#include <string_view>

#include "core/base/check.hpp"

namespace tributary::fuzz {

/// Defined once by each target: reads `input`, which ends where its memory ends, and stops the process
/// (TRIBUTARY_CHECK) where the code under test does not do what it says. The same input always does the same.
void run(std::string_view input);

}  // namespace tributary::fuzz
