#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/number_text.hpp"

namespace tributary::cli {

/// "2s", "500ms", "1.5s", "2m", "1h" or a bare number of seconds; at most 1000 days, at least one millisecond
/// if not zero. Nothing if the text is anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// Writes what parse_duration() reads back as the same.
using observe::format_duration;

/// Bytes: "64KiB", "256MiB", "1GiB" or a bare number. Nothing if the text is anything else.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The shortest form that parse_size() reads back as the same.
std::string format_size(std::uint64_t bytes);

}  // namespace tributary::cli
