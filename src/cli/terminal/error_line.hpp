#pragma once

#include "core/base/result.hpp"

namespace tributary::cli {

/// Tells on standard error, if there is something to tell, what a command ended with; returns its exit code.
int tell_error(const Error& error);

}  // namespace tributary::cli
