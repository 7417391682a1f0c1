#include "cli/publish/pace.hpp"

#include <algorithm>
#include <limits>

namespace tributary::cli {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kFastTurn = 2000;                    // messages between two looks at the clock
constexpr Pace::Time kSlice = std::chrono::milliseconds(5);  // of the even manner
constexpr Pace::Time kShortestPause = std::chrono::milliseconds(100);  // between batches
constexpr std::uint64_t kPauseSpreadMs = 400;

double in_seconds(Pace::Time time) { return std::chrono::duration<double>(time).count(); }
Pace::Time from_seconds(double seconds) {
  return std::chrono::duration_cast<Pace::Time>(std::chrono::duration<double>(seconds));
}

}  // namespace

Pace::Pace(const PublishSettings& settings, std::uint64_t seed)
    : rate_(settings.rate),
      batch_size_(settings.count == 0 ? settings.batch_size : 0),
      limit_(settings.count == 0 ? kUnlimited : settings.count),
      deadline_(settings.count == 0 || settings.duration_given ? Time(settings.duration) : Time::max()),
      random_(seed) {
  if (rate_ != 0 && deadline_ != Time::max()) {
    const auto total = static_cast<std::uint64_t>(static_cast<double>(rate_) * in_seconds(deadline_) + 0.5);
    limit_ = std::min(limit_, std::max<std::uint64_t>(total, 1));
  }
}

Pace::Turn Pace::turn(Time now, std::uint64_t sent) {
  if (sent >= limit_) return {.finished = true};
  if (rate_ != 0) return even_turn(now, sent);
  if (now >= deadline_) return {.finished = true};
  if (batch_size_ == 0) return {.messages = std::min(kFastTurn, limit_ - sent), .next = now};
  const auto pause = kShortestPause + std::chrono::milliseconds(random_.below(kPauseSpreadMs + 1));
  return {.messages = std::min(batch_size_, limit_ - sent), .next = std::min<Time>(now + pause, deadline_)};
}

// Message i is due at i / rate, the first one at once; after a delay, all that fell due are sent together.
Pace::Turn Pace::even_turn(Time now, std::uint64_t sent) {
  const double rate = static_cast<double>(rate_);
  const bool over = now >= deadline_;
  const auto since = std::max(std::min(now, deadline_) - even_start_, Time(0));
  const auto fallen_due = even_sent_ + static_cast<std::uint64_t>(in_seconds(since) * rate) + (over ? 0 : 1);
  const auto target = std::min(fallen_due, limit_);
  Turn turn;
  turn.messages = target > sent ? target - sent : 0;
  turn.finished = over && turn.messages == 0;
  const auto following = even_start_ + from_seconds(static_cast<double>(target - even_sent_) / rate);
  turn.next = std::min(std::max(following, now + kSlice), std::max(deadline_, now));
  return turn;
}

void Pace::skip_to(Time now, std::uint64_t sent) {
  even_start_ = now;
  even_sent_ = sent;
}

double Pace::fraction(Time now, std::uint64_t sent) const {
  const double by_count = limit_ == kUnlimited ? 0 : static_cast<double>(sent) / static_cast<double>(limit_);
  const double by_time = deadline_ == Time::max() ? 0 : in_seconds(now) / in_seconds(deadline_);
  return std::clamp(std::max(by_count, by_time), 0.0, 1.0);
}

}  // namespace tributary::cli
