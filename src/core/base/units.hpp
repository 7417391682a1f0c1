#pragma once

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace tributary {

/// A unit by its name, and how many of the smallest one it is.
struct Unit {
  std::string_view name;
  double factor;
};

/// A plain decimal number (no sign, no exponent) with one of these units right behind it, in the smallest
/// one, else nothing. The first unit that the text ends with counts: "ms" goes before "s", and "", if no
/// unit is fine, last.
inline std::optional<double> to_quantity(std::string_view text, std::initializer_list<Unit> units) {
  const auto* unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return text.ends_with(u.name); });
  if (unit == units.end()) return std::nullopt;
  text.remove_suffix(unit->name.size());
  const bool plain = text.find_first_not_of("0123456789.") == std::string_view::npos;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!plain || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number * unit->factor;
}

}  // namespace tributary
