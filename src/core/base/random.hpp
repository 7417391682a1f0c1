#pragma once

#include <cstdint>
#include <string>

namespace tributary {

/// Small generator whose state is a value (SplitMix64 by Sebastiano Vigna, public domain): the core's only
/// source of chance, seeded from outside, so that a run can be repeated.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// A number below `bound`, which must not be 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// `digits` hexadecimal digits, at most 16.
  std::string hex(int digits) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    std::uint64_t bits = next();
    for (int i = 0; i < digits; ++i, bits >>= 4) text += kDigits[bits & 15];
    return text;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tributary
