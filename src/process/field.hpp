#pragma once

#include <string_view>

namespace tributary::process {

/// One field of a stream entry. Both views may hold any bytes.
struct Field {
  std::string_view name;
  std::string_view value;

  bool operator==(const Field&) const = default;
};

/// The fields that tributary itself gives meaning to.
inline constexpr std::string_view kMessageId = "message_id";
inline constexpr std::string_view kConsumerId = "consumer_id";
inline constexpr std::string_view kPosition = "position";
inline constexpr std::string_view kChannel = "channel";  ///< where there may be several
inline constexpr std::string_view kPayload = "payload";  ///< where the payload is a field

/// `name` without any number of `prefix`es in front. A name that is taken gets a prefix; a name that already
/// looks like that gets one more, so that two different names never end up as the same one.
constexpr std::string_view without_prefixes(std::string_view name, std::string_view prefix) {
  while (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  return name;
}

}  // namespace tributary::process
