#pragma once

#include <chrono>

#include "core/base/result.hpp"

namespace tributary::cli {

/// From now on the first SIGINT or SIGTERM only sets a mark; a second one ends the process at once.
void catch_interrupts();

/// Whether one came.
bool interrupted();

/// What a command returns that was interrupted.
Error interruption();

/// Sleeps; returns early, within 50 ms, when interrupted.
void pause_for(std::chrono::nanoseconds time);

}  // namespace tributary::cli
