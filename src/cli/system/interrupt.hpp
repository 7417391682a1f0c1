#pragma once

#include <chrono>

namespace tributary::cli {

/// From now on the first SIGINT or SIGTERM only sets a mark; a second one ends the process at once.
void catch_interrupts();

/// Whether one came.
bool interrupted();

/// Sleeps; returns early, within 50 ms, when interrupted.
void pause_for(std::chrono::nanoseconds time);

}  // namespace tributary::cli
