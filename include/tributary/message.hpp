#pragma once

#include <cstddef>
#include <string_view>

namespace tributary {

/// Bytes that may be read (not used) behind the end of a payload, so that parsers can work in wide steps.
inline constexpr std::size_t kPayloadPadding = 64;

/// One message as a processor sees it. All views are valid only during the call that hands it over.
struct Message {
  /// The bytes that were published, unchanged. kPayloadPadding readable bytes follow.
  std::string_view payload;
  /// The message's id: a string as it is, a number as its JSON text; empty if messages have none.
  std::string_view id;
  /// Whole position, e.g. "7.3fa9c2:12345". The same message always has the same position.
  std::string_view position;
  /// The channel it was published on.
  std::string_view channel;
  /// Counted from 1; more after the processor failed on it here. A message may also have been tried elsewhere.
  unsigned attempt = 1;
};

}  // namespace tributary
