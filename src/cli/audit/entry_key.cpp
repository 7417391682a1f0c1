#include "cli/audit/entry_key.hpp"

#include "process/field.hpp"
#include "tributary/message.hpp"

namespace tributary::cli {
namespace {

const std::string* field(const std::vector<redis::Reply>& fields, std::string_view name) {
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    if (fields[i].text == name) return &fields[i + 1].text;
  }
  return nullptr;
}

// A member whose name another field has is called otherwise; see process/results.hpp.
const std::string* member_field(const std::vector<redis::Reply>& fields, const std::string& name) {
  const auto* plain = field(fields, name);
  const auto* renamed = plain ? field(fields, "message." + name) : nullptr;
  return renamed ? renamed : plain;
}

// These may have been JSON, which is no key, or a string that looks like it: the entry does not tell.
bool may_be_no_key(std::string_view text) {
  return text == "true" || text == "false" || text == "null" || text.starts_with('{') ||
         text.starts_with('[');
}

}  // namespace

EntryKey::EntryKey(const std::string& name)
    : by_channel_(name == process::kByChannel), path_(name), key_(name) {}

std::optional<std::string_view> EntryKey::in_object(std::string_view object) {
  padded_.assign(object);
  padded_.append(kPayloadPadding, '\0');
  return key_.key_of({padded_.data(), object.size()}, "");
}

// Members are fields; of one that is an object or an array the field is its JSON text. A group of one channel has no field for
// it: all have the same.
std::optional<std::string_view> EntryKey::of(const std::vector<redis::Reply>& fields) {
  if (by_channel_) {
    const auto* channel = field(fields, process::kChannel);
    return channel ? *channel : std::string_view();
  }
  if (const auto* member = member_field(fields, path_.member)) {
    if (!path_.pointer.empty()) return in_object("{\"" + path_.member + "\":" + *member + "}");
    return may_be_no_key(*member) ? std::nullopt : std::optional<std::string_view>(*member);
  }
  const auto* payload = field(fields, process::kPayload);
  return payload ? in_object(*payload) : std::nullopt;
}

}  // namespace tributary::cli
