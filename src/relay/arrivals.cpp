#include "relay/arrivals.hpp"

#include <algorithm>

namespace tributary::relay {
namespace {

constexpr std::size_t kMostMarks = 4096;  // of a view
constexpr std::int64_t kFinest_us = 1000;

}  // namespace

void Arrivals::note(const group::ViewId& view, std::uint64_t count, std::int64_t now_us) {
  auto& marks = views_[view];
  if (marks.empty() ? count == 0 : count <= marks.back().position) return;
  if (!marks.empty() && now_us - marks.back().at_us < kFinest_us) {
    marks.back().position = count;
    return;
  }
  if (marks.size() >= kMostMarks) thin(marks);
  marks.push_back({count, now_us});
}

// Of each two in the older half one: who waits long is not told to the millisecond.
void Arrivals::thin(Marks& marks) {
  Marks kept;
  const auto half = marks.size() / 2;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (i < half && i + 1 < half && i % 2 == 0) {
      kept.push_back({marks[i + 1].position, marks[i].at_us});
      ++i;
    } else {
      kept.push_back(marks[i]);
    }
  }
  marks = std::move(kept);
}

Arrivals::Marks::const_iterator Arrivals::from(const Marks& marks, std::uint64_t position) {
  return std::ranges::lower_bound(marks, position, {}, &Mark::position);
}

std::optional<std::int64_t> Arrivals::at(const group::ViewId& view, std::uint64_t position) const {
  const auto found = views_.find(view);
  if (found == views_.end()) return std::nullopt;
  const auto mark = from(found->second, position);
  if (mark == found->second.end()) return std::nullopt;
  return mark->at_us;
}

void Arrivals::forget_below(const group::ViewId& view, std::uint64_t position) {
  const auto found = views_.find(view);
  if (found == views_.end()) return;
  found->second.erase(found->second.begin(), from(found->second, position));
}

}  // namespace tributary::relay
