#pragma once

#include <chrono>
#include <string>

#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

/// From now on the first SIGINT, SIGTERM or SIGHUP (unless that is ignored, as under nohup) only sets a mark; a second
/// one ends the process at once.
void catch_interrupts();

/// From now on SIGINT and SIGTERM end the process at once, with 128 + its number, whatever the threads are at; nobody
/// else hears of them. SIGHUP does nothing: a terminal that is closed may send several.
void end_at_once_on_interrupts();

/// Whether one came since catch_interrupts().
bool interrupted();

/// How a command ends that has an end of its own and was interrupted before: 128 and the signal's number, as if the
/// signal had ended the process.
ExitCode interrupted_code();

/// What such a command returns: "interrupted; " and what became of what it did.
Error interruption(const std::string& outcome);

/// Of commands that start others.
inline constexpr char kRemoved[] = "all that was started is stopped and removed";

/// Sleeps; returns early, within 50 ms, when interrupted.
void pause_for(std::chrono::nanoseconds time);

}  // namespace tributary::cli
