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

/// A processed message on its way to the output stream. Fields of the entry, in this order: the message's
/// members, `consumer_id`, the additions, `position`. A member named like one of the others is called
/// "message.<name>".
struct Entry {
  std::string_view message_id;
  std::span<const Field> members;  ///< `message_id` among them
  std::string_view consumer_id;
  std::span<const Field>
      additions;  ///< none named message_id, consumer_id or position, no two named the same
  std::string_view position;

  /// The entry has exactly message_id, consumer_id, processed=1 and position, as by far the most have.
  bool is_plain() const {
    return members.size() == 1 && additions.size() == 1 && additions[0].value == "1" &&
           additions[0].name == "processed" && members[0].name == kMessageId;
  }
  std::size_t field_count() const { return members.size() + additions.size() + 2; }
  /// Calls take(name, value) for each field, in order.
  template <class Take>
  void each_field(Take take) const;

 private:
  bool is_taken(std::string_view name) const {
    return name == kConsumerId || name == kPosition ||
           std::any_of(additions.begin(), additions.end(), [name](const Field& f) { return f.name == name; });
  }
};

/// A message on its way to the dead-letter stream. Fields: `message_id` where it is known, `payload`,
/// `reason`, `attempts`, `consumer_id`, `position`.
struct DeadLetter {
  std::optional<std::string_view> message_id;
  std::string_view payload;
  std::string_view reason;
  unsigned attempts = 0;
  std::string_view consumer_id;
  std::string_view position;

  std::size_t field_count() const { return message_id ? 6 : 5; }
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
};

template <class Take>
void Entry::each_field(Take take) const {
  static constexpr std::string_view kMemberPrefix = "message.";
  for (const auto& member : members) {
    if (!is_taken(without_prefixes(member.name, kMemberPrefix))) {
      take(member.name, member.value);
    } else {
      take(std::string(kMemberPrefix).append(member.name), member.value);
    }
  }
  take(kConsumerId, consumer_id);
  for (const auto& addition : additions) take(addition.name, addition.value);
  take(kPosition, position);
}

template <class Take>
void DeadLetter::each_field(Take take) const {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, attempts).ptr;
  if (message_id) take(kMessageId, *message_id);
  take("payload", payload);
  take("reason", reason);
  take("attempts", std::string_view(digits, static_cast<std::size_t>(end - digits)));
  take(kConsumerId, consumer_id);
  take(kPosition, position);
}

}  // namespace tributary::process
