#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Bytes that others wrote, made fit to be shown: on a terminal, where some would be commands, and in JSON,
// which takes only UTF-8.
namespace tributary {

bool is_utf8(std::string_view bytes);

/// The text with every byte that is not part of a visible character as "\xNN": control characters, what turns
/// the direction of writing, what is no UTF-8. Line ends and tabs too, unless `keep_lines`.
std::string visible_text(std::string_view bytes, bool keep_lines = false);

/// The text with U+FFFD in place of every byte that is no UTF-8.
std::string valid_utf8(std::string_view bytes);

/// At most `bytes` bytes of a text, cut between characters, with "..." at its end if something was cut.
std::string shortened(std::string_view text, std::size_t bytes);

/// The start of a text in quotes, visible: for error lines that say what somebody else said.
std::string quoted_start(std::string_view bytes);

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace tributary
