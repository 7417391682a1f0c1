#pragma once

#include <string>
#include <string_view>

namespace tributary::redis {

/// Whether a message is a keyspace event (notify-keyspace-events) about a key of tributary itself, such as the lease
/// of a dead leader, which expires. Who takes in such events never means these. A pure function of the message,
/// so that all nodes of a group leave out the same ones.
bool is_own_event(std::string_view channel, std::string_view payload);

/// Whether a channel carries such events at all.
inline bool is_event_channel(std::string_view channel) { return channel.starts_with("__key"); }

}  // namespace tributary::redis
