#include "cli/options/quantity.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "core/base/text.hpp"
#include "core/base/units.hpp"

namespace tributary::cli {
namespace {

constexpr double kLongestMs = 1000.0 * 24 * 3'600'000;

struct SizeUnit {
  std::string_view name;
  int shift;
};
constexpr std::array kSizeUnits{SizeUnit{"GiB", 30}, SizeUnit{"MiB", 20}, SizeUnit{"KiB", 10}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto exact_ms =
      to_quantity(text, {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"", 1000}});
  if (!exact_ms || *exact_ms > kLongestMs) return std::nullopt;
  const auto ms = std::llround(*exact_ms);
  if (ms == 0 && *exact_ms != 0) return std::nullopt;
  return std::chrono::milliseconds(ms);
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
