#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.hpp"

namespace tributary::relay {

/// Something that keeps a node from working, told so that it is seen and yet does not flood a log: when it comes, when its
/// reason changes, every five minutes with how often and since when, and when it is over. What comes and goes all the time
/// is told six times at once and then once a minute; the last line always says how it is now. Pure: told the time.
class Obstacle {
 public:
  struct Line {
    bool present;  ///< false: it is over
    std::string text;
  };

  /// `over` says that it is over, e.g. "connected to localhost:6379"; how long it took follows.
  explicit Obstacle(std::string over) : over_(std::move(over)) {}

  /// It is in the way, for this reason, not empty. To be called each time that is noticed. The line to say, if any.
  std::optional<Line> noticed(std::string reason, TimeMs now);
  /// It is not in the way any more, if it was.
  std::optional<Line> gone(TimeMs now);
  /// To be called every second or so: what there is to say although nothing is new.
  std::optional<Line> due(TimeMs now) { return tell(now); }

  bool present() const { return !reason_.empty(); }
  /// Empty: it is not in the way.
  const std::string& reason() const { return reason_; }

 private:
  std::optional<Line> tell(TimeMs now);
  bool may_tell(TimeMs now);
  std::string history(TimeMs now) const;

  std::string over_;
  std::string reason_;       // empty: it is not in the way
  std::string told_reason_;  // how it is, by the last line
  TimeMs told_at_ = 0;
  std::uint64_t count_ = 0;  // since the last line
  TimeMs came_at_ = 0;
  int lines_left_ = kMostLines;
  TimeMs refilled_at_ = 0;

  static constexpr int kMostLines = 6;
};

/// "0.3 s", "45 s", "12 min", "5 h".
std::string duration_text(TimeMs duration);

}  // namespace tributary::relay
