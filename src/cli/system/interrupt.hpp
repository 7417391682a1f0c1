#pragma once

#include <chrono>

#include "core/base/result.hpp"

namespace tributary::cli {

/// From now on the first SIGINT or SIGTERM only sets a mark; a second one ends the process at once.
void catch_interrupts();

/// From now on each ends the process at once, with 128 + its number, whatever the threads are at; nobody else
/// hears of it.
void end_at_once_on_interrupts();

/// Whether one came since catch_interrupts().
bool interrupted();

/// What a command returns that was interrupted.
Error interruption();

/// Sleeps; returns early, within 50 ms, when interrupted.
void pause_for(std::chrono::nanoseconds time);

}  // namespace tributary::cli
