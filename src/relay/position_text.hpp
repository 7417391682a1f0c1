#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/group/view.hpp"

namespace tributary::relay {

/// Writes whole positions, "7.3fa9c2:12345", of one view without allocating for each.
class PositionText {
 public:
  explicit PositionText(const group::ViewId& view) : text_(view.text() + ":"), prefix_(text_.size()) {
    text_.resize(prefix_ + 20);
  }
  /// Valid until the next call.
  std::string_view operator()(std::uint64_t position) {
    const auto end = std::to_chars(text_.data() + prefix_, text_.data() + text_.size(), position).ptr;
    return {text_.data(), static_cast<std::size_t>(end - text_.data())};
  }

 private:
  std::string text_;
  std::size_t prefix_;
};

}  // namespace tributary::relay
