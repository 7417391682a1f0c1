#pragma once

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace tributary::cli {

/// 128 bits stand for a text: two different ones among a thousand million collide with a chance of about
/// 10^-21.
struct TextHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const TextHash&) const = default;
};

inline TextHash hash_of(std::string_view text) {
  const auto hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64 | 1};  // never all zeroes, which marks a free slot
}

/// From the hash of a text to a small plain value: keys and values side by side in two arrays, nothing else,
/// so that many millions fit. Grows only; 16 bytes and a value for each slot, at most 3/4 of which are used.
template <class Value>
class HashMap {
 public:
  HashMap() : keys_(1024), values_(1024) {}

  /// The value of the key, made (all zero) if it is new. Valid until the next call.
  Value& at(const TextHash& key) {
    if ((used_ + 1) * 4 > keys_.size() * 3) grow();
    const auto slot = slot_of(key);
    if (keys_[slot] == TextHash{}) {
      keys_[slot] = key;
      ++used_;
    }
    return values_[slot];
  }
  /// The value of the key, or null.
  const Value* find(const TextHash& key) const {
    const auto slot = slot_of(key);
    return keys_[slot] == TextHash{} ? nullptr : &values_[slot];
  }
  std::size_t size() const { return used_; }

  template <class Take>
  void for_each(Take take) const {
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != TextHash{}) take(values_[slot]);
    }
  }

 private:
  std::size_t slot_of(const TextHash& key) const {
    std::size_t slot = key.low & (keys_.size() - 1);
    while (keys_[slot] != TextHash{} && keys_[slot] != key) slot = (slot + 1) & (keys_.size() - 1);
    return slot;
  }
  void grow() {
    HashMap larger(keys_.size() * 2);
    for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
      if (keys_[slot] != TextHash{}) larger.at(keys_[slot]) = values_[slot];
    }
    *this = std::move(larger);
  }
  explicit HashMap(std::size_t slots) : keys_(slots), values_(slots) {}

  std::vector<TextHash> keys_;
  std::vector<Value> values_;
  std::size_t used_ = 0;
};

}  // namespace tributary::cli
