#include "redis/own_events.hpp"

namespace tributary::redis {

// "__keyspace@0__:<key>" with the event as the payload, or "__keyevent@0__:<event>" with the key.
bool is_own_event(std::string_view channel, std::string_view payload) {
  if (!is_event_channel(channel)) return false;
  const auto colon = channel.find("__:");
  if (colon == std::string_view::npos) return false;
  const auto key = channel.starts_with("__keyspace@") ? channel.substr(colon + 3) : payload;
  return key.starts_with("tributary:{") || key.starts_with("tributary:group:");
}

}  // namespace tributary::redis
