#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/options/settings.hpp"
#include "core/base/random.hpp"

namespace tributary::cli {

inline constexpr std::size_t kIdLength = 36;
using MessageId = std::array<char, kIdLength>;

inline std::string_view view(const MessageId& id) { return {id.data(), id.size()}; }

/// A random UUID (version 4), from the random bits given: cheap, and good enough for test messages.
MessageId random_uuid(Random& random);

/// Makes payloads {"message_id":"<uuid>"}, or {"message_id":"<uuid>","data":"xxx..."} of exactly `size` bytes
/// if `size` is not 0 (then at least kLeastPaddedPayload). With `keys` each has a member "key", too, one of so many, which goes by
/// the id.
class PayloadMaker {
 public:
  explicit PayloadMaker(std::uint64_t size, std::uint64_t keys = 0);
  /// The payload with this id; valid until the next call.
  std::string_view make(const MessageId& id);
  std::size_t size() const { return payload_.size(); }

 private:
  std::string payload_;
  std::uint64_t keys_;
};

}  // namespace tributary::cli
