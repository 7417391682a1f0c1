#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "process/field.hpp"

namespace tributary::process {

/// Most members of one message, and how deep it may nest (its own object is level 1).
inline constexpr std::size_t kMaxMembers = 1000;
inline constexpr int kMaxDepth = 1000;

/// What a good payload holds. The views point into the payload or into the parser that made it.
struct ParsedPayload {
  /// A string as it is after unescaping, a number as its JSON text.
  std::string_view message_id;
  /// All members in the order of their first appearance, `message_id` among them, under the names they were
  /// published with; of members with the same name the last value counts. Strings are unescaped, other values
  /// are their JSON text exactly as published.
  std::vector<Field> members;
};

/// Reads payloads: one whole JSON object each, with a `message_id`. The whole payload is checked, also the
/// parts that are passed on as text, so nothing that is not JSON gets through. Needs no memory of its own per
/// message once warm. Belongs to one thread.
class PayloadParser {
 public:
  PayloadParser();
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
