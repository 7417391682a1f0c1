#pragma once

#include "core/base/result.hpp"
#include "core/group/node.hpp"

namespace tributary::relay {

/// Why the core ended a node, as one line that says what to do, and its kind.
Error explain_ending(const group::Ending& why, const group::NodeSettings& settings);

}  // namespace tributary::relay
