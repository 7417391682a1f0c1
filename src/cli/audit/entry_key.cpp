#include "cli/audit/entry_key.hpp"

#include <algorithm>
#include <array>
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

// The first token of a JSON pointer, or the name.
std::string first_member(std::string_view name) {
  if (!name.starts_with('/')) return std::string(name);
  std::string member(name.substr(1, name.find('/', 1) - 1));
  for (const auto& [escape, character] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
    for (auto at = member.find(escape); at != std::string::npos; at = member.find(escape, at + 1))
      member.replace(at, 2, character);
  }
  return member;
}

// What the text of a field stands for is lost but for its beginning: of what may be no string and no number it tells nothing.
bool may_be_no_key(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || text.starts_with('{') ||
         text.starts_with('[');
}

}  // namespace

EntryKey::EntryKey(std::string name)
    : name_(std::move(name)),
      is_pointer_into_member_(name_.starts_with('/') && name_.find('/', 1) != std::string::npos),
      member_(first_member(name_)),
      key_(name_) {}

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
  // A member that is called as one of tributary's own fields is renamed.
  static constexpr std::array kOurs{"message_id", "consumer_id", "position", "channel", "payload"};
  const bool is_ours = std::find(kOurs.begin(), kOurs.end(), member_) != kOurs.end();
  const auto* renamed = is_ours ? field(fields, "message." + member_) : nullptr;
  const auto* member = renamed != nullptr ? renamed : field(fields, member_);
  if (member != nullptr && !is_pointer_into_member_)
    return may_be_no_key(member->text) ? std::nullopt : std::optional<std::string_view>(member->text);
  if (member != nullptr) {
    padded_ = "{\"" + member_ + "\":" + member->text + "}";
    return in_object(padded_);
  }
  const auto* payload = field(fields, "payload");
  return payload ? in_object(payload->text) : std::nullopt;
}

}  // namespace tributary::cli
