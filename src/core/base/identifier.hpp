#pragma once

#include <compare>
#include <string>
#include <utility>

namespace tributary {

/// A text that names something; two kinds cannot be swapped by accident.
template <class Kind>
struct Identifier {
  std::string text;

  Identifier() = default;
  explicit Identifier(std::string value) : text(std::move(value)) {}
  bool empty() const { return text.empty(); }
  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

}  // namespace tributary
