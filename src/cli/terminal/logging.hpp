#pragma once

#include <cstdint>
#include <string>

#include "cli/options/settings.hpp"
#include "cli/terminal/line_queue.hpp"

namespace tributary::cli {

/// Makes spdlog's default logger write lines such as "12:01:02 INFO  text" to standard error, in colour only
/// on a terminal that wants it. Given a `queue`, which must outlive all logging, lines go through that, and nobody who logs
/// ever waits; flush() then waits a moment. Call once, before any thread logs.
void set_up_logging(LogLevel level, LineQueue* queue);

/// A line as it is, with its end, the way that log lines go.
void write_to_log(std::string line);

/// The line that tells in a log how many are missing.
std::string dropped_log_lines(std::uint64_t dropped);

}  // namespace tributary::cli
