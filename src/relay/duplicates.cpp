#include "relay/duplicates.hpp"

#include <chrono>
#include <string>

#include "core/base/text.hpp"

namespace tributary::relay {
namespace {

using Level = group::Report::Level;

// In what is answered to a commit, if there is something to tell.
constexpr std::size_t kDropped = 3, kReach = 4;

std::string seconds(std::uint64_t ms) {
  const auto tenths = (ms + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

std::optional<group::Report> Duplicates::take(const group::Answer& answer) {
  const auto& values = answer.values;
  const auto& word = answer.status();
  if (values.size() <= kDropped || (word != "ok" && word != "failed" && word != "gap")) return std::nullopt;
  dropped_ += to_number(values[kDropped]).value_or(0);
  if (values.size() <= kReach) return std::nullopt;
  const auto reach_ms = to_number(values[kReach]);
  if (reach_ms.has_value() == told_short_) return std::nullopt;
  told_short_ = reach_ms.has_value();
  if (!reach_ms) {
    return group::Report{Level::info, "dedup_window_whole"_event,
                         "ids are kept for the whole dedup window again"};
  }
  return group::Report{Level::warning,
                       "dedup_window_short"_event,
                       "ids are kept for " + seconds(*reach_ms) + " only, not for the dedup window of " +
                           seconds(static_cast<std::uint64_t>(window_.span_ms)) +
                           ": there would be more than the dedup limit of " + std::to_string(window_.most),
                       {{"reach_ms", *reach_ms}, {"limit", window_.most}}};
}

}  // namespace tributary::relay
