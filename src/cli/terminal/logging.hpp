#pragma once

#include <cstdint>
#include <string>

#include "cli/options/settings.hpp"
#include "cli/terminal/line_queue.hpp"
#include "cli/terminal/log_line.hpp"

namespace tributary::cli {

/// Says what is logged and how it looks; colour only on a terminal that wants it. Given a `queue`, which must outlive all
/// logging, lines go through that, and nobody who logs ever waits. Call once, before any thread logs.
void set_up_logging(const Settings& settings, LineQueue* queue);

/// A line on standard error, if the level is one that is logged. Any thread.
void log(const group::Report& report, const LogSource& source = {});

/// Whether lines are JSON; then that goes for what a node prints on standard output, too.
bool logs_json();
/// The line of a report as it would be logged now, whatever its level.
std::string log_line(const group::Report& report, const LogSource& source = {});
/// A line as it is, with its end, the way that log lines go.
void write_to_log(std::string line);
/// Waits a moment until all is with the reader.
void flush_log();

/// The line that tells in a log how many are missing.
std::string dropped_log_lines(std::uint64_t dropped);

}  // namespace tributary::cli
