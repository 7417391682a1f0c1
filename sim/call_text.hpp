#pragma once

#include <string>

#include "core/group/actions.hpp"
#include "sim/redis/reply.hpp"

namespace tributary::sim {

/// For traces and violations: who calls what, and what matters of it.
std::string text_of(const group::AnyCall& call);
std::string text_of(const Reply& reply);
std::string text_of(const group::Ending& why);

}  // namespace tributary::sim
