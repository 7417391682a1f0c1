#include "cli/options/quantity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

struct TimeUnit {
  std::string_view name;
  double milliseconds;
};
// "ms" before "s": the first one that the text ends with counts.
constexpr std::array kTimeUnits{TimeUnit{"ms", 1}, TimeUnit{"s", 1000}, TimeUnit{"m", 60'000},
                                TimeUnit{"h", 3'600'000}};
constexpr double kLongestMs = 1000.0 * 24 * 3'600'000;

struct SizeUnit {
  std::string_view name;
  int shift;
};
constexpr std::array kSizeUnits{SizeUnit{"GiB", 30}, SizeUnit{"MiB", 20}, SizeUnit{"KiB", 10}};

// Digits with at most one point: no sign, exponent, "inf" or "nan".
std::optional<double> plain_decimal(std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!plain || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  double unit_ms = 1000;
  for (const auto& unit : kTimeUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    unit_ms = unit.milliseconds;
    break;
  }
  const auto number = plain_decimal(text);
  if (!number || *number * unit_ms > kLongestMs) return std::nullopt;
  const auto ms = std::llround(*number * unit_ms);
  if (ms == 0 && *number != 0) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms == 0) return "0";
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  int shift = 0;
  for (const auto& unit : kSizeUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    shift = unit.shift;
    break;
  }
  const auto number = to_number(text);
  if (!number || *number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return *number << shift;
}

std::string format_size(std::uint64_t bytes) {
  for (const auto& unit : kSizeUnits) {
    if (bytes != 0 && bytes % (1ULL << unit.shift) == 0) {
      return std::to_string(bytes >> unit.shift) + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

}  // namespace tributary::cli
