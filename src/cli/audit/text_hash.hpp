#pragma once

#include <xxhash.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string_view>

namespace tributary::cli {

/// 128 bits stand for a text: two different ones among a thousand million collide with a chance
/// of about 10^-21.
struct TextHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;  ///< never 0
  bool operator==(const TextHash&) const = default;
};

inline TextHash hash_of(std::string_view text) {
  const auto hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64 | 1};
}

struct LowHalf {
  using is_avalanching = void;  // all its bits are as good as random
  std::size_t operator()(const TextHash& hash) const { return hash.low; }
};

/// From a text, which is not kept, to a small plain value: many millions of them fit.
template <class Value>
using TextMap = boost::unordered_flat_map<TextHash, Value, LowHalf>;

}  // namespace tributary::cli
