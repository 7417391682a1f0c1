#pragma once

#include <chrono>
#include <string>

namespace tributary::observe {

/// "2s", "500ms", "0": seconds if they are whole.
inline std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms == 0) return "0";
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace tributary::observe
