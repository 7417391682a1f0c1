#include "cli/audit/entry_key.hpp"

#include <utility>

#include "tributary/message.hpp"

namespace tributary::cli {
namespace {

const redis::Reply* field(const std::vector<redis::Reply>& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return &fields[i + 1];
  }
  return nullptr;
}

}  // namespace

EntryKey::EntryKey(std::string name) : name_(std::move(name)), member_(name_), key_(name_) {
  if (name_.starts_with('/')) member_ = name_.substr(1, name_.find('/', 1) - 1);
}

std::optional<std::string_view> EntryKey::in_object(std::string_view payload) {
  const auto size = payload.size();
  if (padded_.data() != payload.data()) padded_ = payload;
  padded_.append(kPayloadPadding, '\0');
  return key_.key_of({padded_.data(), size}, "");
}

// A group of one channel has no field for it: all have the same. Members are fields; of one that is an object or an array the
// field is its JSON text.
std::optional<std::string_view> EntryKey::of(const std::vector<redis::Reply>& fields) {
  if (name_ == process::kByChannel) {
    const auto* channel = field(fields, "channel");
    return channel ? std::string_view(channel->text) : std::string_view();
  }
  const auto* member = field(fields, member_);
  if (member != nullptr && (member_ == name_ || name_.size() == member_.size() + 1)) return member->text;
  if (member != nullptr) {
    padded_ = "{\"" + member_ + "\":" + member->text + "}";
    return in_object(padded_);
  }
  const auto* payload = field(fields, "payload");
  return payload ? in_object(payload->text) : std::nullopt;
}

}  // namespace tributary::cli
