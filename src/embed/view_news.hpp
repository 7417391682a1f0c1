#pragma once

#include <optional>

#include "core/group/actions.hpp"

namespace tributary::embed {

/// What an operator wants to know of the views that a node sees, as one report for each change. Pure.
class ViewNews {
 public:
  /// The view that is in force now, seen by `me`; a view that does not list it is not told. Nothing if it is the same as
  /// the last time.
  std::optional<group::Report> see(const group::View& view, const group::MemberId& me);

 private:
  group::View last_;
  group::MemberId was_;  // in it
};

}  // namespace tributary::embed
