#include "process/order_key.hpp"

#include "core/journal/key_slots.hpp"

namespace tributary::process {
namespace {

// A key is found as an id is.
MessageFormat format_of(const std::string& name) {
  MessageFormat format;
  format.id_member = name;
  return format;
}

}  // namespace

OrderKey::OrderKey(const std::string& name) : by_channel_(name == kByChannel), parser_(format_of(name)) {}

std::optional<std::string_view> OrderKey::key_of(std::string_view payload, std::string_view channel) {
  if (by_channel_) return channel;
  if (!parser_.parse(payload)) return std::nullopt;
  return parser_.parsed().message_id;
}

std::uint16_t OrderKey::slot_of(std::string_view payload, std::string_view channel) {
  const auto key = key_of(payload, channel);
  return key ? journal::slot_of_key(*key) : journal::kNoKey;
}

}  // namespace tributary::process
