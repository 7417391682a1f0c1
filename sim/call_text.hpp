#pragma once

#include <string>

#include "core/group/actions.hpp"

namespace tributary::sim {

/// For traces and violations: who calls what, and what matters of it.
std::string text_of(const group::AnyCall& call);
std::string text_of(const group::Answer& answer);
std::string text_of(const group::Ending& why);

}  // namespace tributary::sim
