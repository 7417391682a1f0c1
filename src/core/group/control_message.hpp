#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "core/group/view.hpp"

namespace tributary::group {

/// Announces a view: a position in the data that every member agrees on, without talking to each other.
struct Marker {
  GroupNonce nonce;
  View view;
  bool alone = false;      ///< nobody was there before it: what was published before is nobody's
  std::uint64_t tick = 0;  ///< last tick before it
};

/// Proof, to who reads it, that the subscriber connection lives; at each tick members note what they counted.
struct Tick {
  GroupNonce nonce;
  std::uint64_t number = 0;
  Identity identity;
};

using ControlMessage = std::variant<Marker, Tick>;

/// Anybody may publish on the control channel: whatever is not exactly ours is nothing. Bounded, never
/// throws.
///   "tributary/1 marker <nonce> <view> <previous, or - if nobody was there> <identity> <tick> <members>"
///   and in a group with an order key " <members of the view before>" behind it
///   "tributary/1 tick <nonce> <number> <identity>"
std::optional<ControlMessage> parse_control_message(std::string_view text);

/// The view's marker as text, for who reads it by itself: without the view before it and without a tick.
std::string format_marker(const View& view, const GroupNonce& nonce);

}  // namespace tributary::group
