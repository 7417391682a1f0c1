#pragma once

#include <cstdint>
#include <random>

namespace tributary::embed {

/// From the system: another one each time.
inline std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

}  // namespace tributary::embed
