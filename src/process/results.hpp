#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "process/field.hpp"

namespace tributary::process {

/// A processed message on its way to the output stream. Fields of the entry, in this order: `message_id` if it
/// is not among the members, the members or the payload, `channel`, `consumer_id`, the additions, `position`. A
/// member named like one of the others is called "message.<name>".
struct Entry {
  std::optional<std::string_view> message_id;
  std::span<const Field> members;           ///< none if there is a payload
  std::optional<std::string_view> payload;  ///< in place of the members
  std::optional<std::string_view> channel;  ///< where there may be several
  std::string_view consumer_id;
  std::span<const Field> additions;  ///< none with a name of tributary's own fields, no two named the same
  std::string_view position;
  bool id_is_member = true;  ///< the message's id is its member `message_id`, or it has none such

  /// The entry has one field of the message, consumer_id, processed=1 and position, as by far the most have.
  bool is_plain() const {
    const bool stamped =
        additions.size() == 1 && additions[0].value == "1" && additions[0].name == "processed";
    if (!stamped || channel) return false;
    if (payload) return !message_id;
    return members.size() == 1 && id_is_member && members[0].name == kMessageId;
  }
  /// That one field; only if is_plain().
  Field plain_field() const { return payload ? Field{kPayload, *payload} : members[0]; }
  std::size_t field_count() const {
    return members.size() + additions.size() + 2 + (writes_id() ? 1 : 0) + (payload ? 1 : 0) +
           (channel ? 1 : 0);
  }
  /// Calls take(name, value) for each field, in order.
  template <class Take>
  void each_field(Take take) const;

 private:
  bool writes_id() const { return message_id && (payload || !id_is_member); }
  bool is_taken(std::string_view name) const {
    return name == kConsumerId || name == kPosition || (name == kChannel && channel) ||
           (name == kMessageId && !id_is_member) ||
           std::any_of(additions.begin(), additions.end(), [name](const Field& f) { return f.name == name; });
  }
};

/// A message on its way to the dead-letter stream. Fields: `message_id` where it is known, `channel` where there
/// may be several, `payload`, `reason`, `attempts`, `consumer_id`, `position`.
struct DeadLetter {
  std::optional<std::string_view> message_id;
  std::string_view payload;
  std::string_view reason;
  unsigned attempts = 0;
  std::string_view consumer_id;
  std::string_view position;
  std::optional<std::string_view> channel;  ///< where there may be several

  std::size_t field_count() const { return 5U + (message_id ? 1 : 0) + (channel ? 1 : 0); }
  /// Calls take(name, value) for each field, in order.
  template <class Take>
  void each_field(Take take) const;
};

/// Where the results of messages go, in position order.
class Results {
 public:
  virtual ~Results() = default;
  virtual void append(const Entry& entry) = 0;
  virtual void dead(const DeadLetter& letter) = 0;
  virtual void drop(std::string_view position) = 0;
  /// It was not processed, because a message with its id seems to be in the stream. The commit knows; if there is none, it
  /// stops there, and the message must be processed.
  virtual void skip(std::string_view message_id, std::string_view position) = 0;
};

template <class Take>
void Entry::each_field(Take take) const {
  static constexpr std::string_view kMemberPrefix = "message.";
  if (writes_id()) take(kMessageId, *message_id);
  for (const auto& member : members) {
    if (!is_taken(without_prefixes(member.name, kMemberPrefix))) {
      take(member.name, member.value);
    } else {
      take(std::string(kMemberPrefix).append(member.name), member.value);
    }
  }
  if (payload) take(kPayload, *payload);
  if (channel) take(kChannel, *channel);
  take(kConsumerId, consumer_id);
  for (const auto& addition : additions) take(addition.name, addition.value);
  take(kPosition, position);
}

template <class Take>
void DeadLetter::each_field(Take take) const {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, attempts).ptr;
  if (message_id) take(kMessageId, *message_id);
  if (channel) take(kChannel, *channel);
  take(kPayload, payload);
  take("reason", reason);
  take("attempts", std::string_view(digits, static_cast<std::size_t>(end - digits)));
  take(kConsumerId, consumer_id);
  take(kPosition, position);
}

}  // namespace tributary::process
