#pragma once

#include "cli/options/settings.hpp"

namespace tributary::cli {

/// Makes spdlog's default logger write lines such as "12:01:02 INFO  text" to standard error, in colour only
/// on a terminal that wants it. Call once, before any thread logs.
void set_up_logging(LogLevel level);

}  // namespace tributary::cli
