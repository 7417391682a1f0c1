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
/// if `size` is not 0 (then at least kLeastPaddedPayload). With `users`, at most 256, there is also a member "user" on top of
/// that, two hexadecimal digits: the number that the id's first two are, modulo `users`.
class PayloadMaker {
 public:
  explicit PayloadMaker(std::uint64_t size, std::uint32_t users = 0);
  /// The payload with this id; valid until the next call.
  std::string_view make(const MessageId& id);
  std::size_t size() const { return payload_.size(); }

 private:
  std::string payload_;
  std::uint32_t users_;
};

}  // namespace tributary::cli
