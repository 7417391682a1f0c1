#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "process/field.hpp"
#include "process/message_format.hpp"

namespace tributary::process {

/// Most members of one message, and how deep it may nest (its own object is level 1).
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr int kMaxDepth = 1000;

/// What a good payload holds. The views point into the payload or into the parser that made it.
struct ParsedPayload {
  /// A string as it is after unescaping, a number as its JSON text; nothing if messages have no id.
  std::optional<std::string_view> message_id;
  /// All members in the order of their first appearance, the id among them, under the names they were
  /// published with; of members with the same name the last value counts. Strings are unescaped, other values
  /// are their JSON text exactly as published. None in the format `raw`.
  std::vector<Field> members;
};

/// Reads payloads: one whole JSON object each, with an id where the format says so. The whole payload is
/// checked, also the parts that are passed on as text, so nothing that is not JSON gets through. In the format
/// `raw` there is nothing to read. Half of a surrogate pair ("\ud83d"), which UTF-8 cannot hold, becomes U+FFFD
/// where a string is unescaped. Needs no memory of its own per message once warm. Belongs to one thread.
class PayloadParser {
 public:
  explicit PayloadParser(const MessageFormat& format = {});
  ~PayloadParser();
  PayloadParser(PayloadParser&&) noexcept;
  PayloadParser& operator=(PayloadParser&&) noexcept;

  /// Reads one payload, which must have kPayloadPadding readable bytes behind it; what they hold does not
  /// matter. True: parsed() holds until the next call, as long as the payload does. False: reason() says why.
  bool parse(std::string_view payload);

  const ParsedPayload& parsed() const;
  /// One short line, in static memory.
  std::string_view reason() const;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;  ///< keeps simdjson out of this header
};

}  // namespace tributary::process
