#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "process/payload.hpp"

namespace tributary::process {

/// What the messages of a group are in order by: a member, or what a JSON pointer names, if it is a string or a number; or the
/// channel. Belongs to one thread.
class OrderKey {
 public:
  explicit OrderKey(const std::string& name);

  /// The slot of a message's key (core/journal/key_slots.hpp); kNoKey if it has none or cannot be read. The same at every node:
  /// a function of the message alone. kPayloadPadding readable bytes must follow the payload.
  std::uint16_t slot_of(std::string_view payload, std::string_view channel);
  /// The key itself, valid until the next call; nothing if there is none.
  std::optional<std::string_view> key_of(std::string_view payload, std::string_view channel);

 private:
  bool by_channel_;
  PayloadParser parser_;
};

/// The name that stands for the channel; a member of that name is written as a JSON pointer, /channel.
inline constexpr std::string_view kByChannel = "channel";

}  // namespace tributary::process
