#include "relay/obstacle.hpp"

#include <algorithm>
#include <utility>

namespace tributary::relay {
namespace {

constexpr TimeMs kReminder_ms = 5 * 60'000;
constexpr TimeMs kRefill_ms = 60'000;  // for one line more

}  // namespace

std::string duration_text(TimeMs duration) {
  const auto tenths = std::max<TimeMs>(duration, 0) / 100;
  if (tenths < 100) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  const auto seconds = tenths / 10;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::optional<Obstacle::Line> Obstacle::noticed(std::string reason, TimeMs now) {
  if (reason_.empty()) came_at_ = now;
  if (!reason_.empty() && reason_ != reason) count_ = 0;
  reason_ = std::move(reason);
  ++count_;
  return tell(now);
}

std::optional<Obstacle::Line> Obstacle::gone(TimeMs now) {
  reason_.clear();
  return tell(now);
}

// A bucket of lines that fills up again.
bool Obstacle::may_tell(TimeMs now) {
  if (lines_left_ == kMostLines) refilled_at_ = now;
  const auto more = (now - refilled_at_) / kRefill_ms;
  if (more > 0) {
    lines_left_ = static_cast<int>(std::min<TimeMs>(lines_left_ + more, kMostLines));
    refilled_at_ += more * kRefill_ms;
  }
  if (lines_left_ == 0) return false;
  --lines_left_;
  return true;
}

std::optional<Obstacle::Line> Obstacle::tell(TimeMs now) {
  const bool changed = reason_ != told_reason_;
  const bool remind = present() && now - told_at_ >= kReminder_ms;
  if (!changed && !remind) return std::nullopt;
  if (changed && !may_tell(now)) return std::nullopt;
  Line line{present(), present() ? reason_ + history(now)
                                 : over_ + " after " + duration_text(now - came_at_) + history(now)};
  told_reason_ = reason_;
  told_at_ = now;
  count_ = 0;
  return line;
}

// What happened since the last line, if that is worth a word.
std::string Obstacle::history(TimeMs now) const {
  std::string text;
  if (count_ > 1) {
    text = "noticed " + std::to_string(count_) + " times";
    if (present()) text += " in " + duration_text(now - told_at_);
  }
  if (present() && now - came_at_ >= kRefill_ms) {
    text += (text.empty() ? "" : ", ") + std::string("for ") + duration_text(now - came_at_) + " now";
  }
  return text.empty() ? text : " (" + text + ")";
}

}  // namespace tributary::relay
