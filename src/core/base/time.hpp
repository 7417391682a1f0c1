#pragma once

#include <cstdint>

namespace tributary {

/// Milliseconds of a clock that only goes forward, handed in from outside: the core never asks for the time.
/// Safety never depends on it; it decides when to try, never who may.
using TimeMs = std::int64_t;

}  // namespace tributary
