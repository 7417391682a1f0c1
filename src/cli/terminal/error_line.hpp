#pragma once

#include "cli/terminal/log_line.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// Tells on standard error, if there is something to tell, what a command ended with; returns its exit code.
int tell_error(const Error& error, const LogSource& source = {});

/// The same as a line for the log.
group::Report ended_by(const Error& error);

}  // namespace tributary::cli
