#include "relay/kept_messages.hpp"

#include <algorithm>
#include <utility>

namespace tributary::relay {

void KeptMessages::failed(std::uint32_t consumer, unsigned attempts, const std::string& reason, TimeMs now) {
  const std::lock_guard lock(mutex_);
  if (attempts_.empty()) since_ = now;
  attempts_[consumer] = attempts;
  reason_ = reason;
  failed_again_ = true;
}

void KeptMessages::over(std::uint32_t consumer) {
  const std::lock_guard lock(mutex_);
  attempts_.erase(consumer);
}

std::optional<Obstacle::Line> KeptMessages::news(TimeMs now) {
  const std::lock_guard lock(mutex_);
  if (attempts_.empty()) return obstacle_.present() ? obstacle_.gone(now) : obstacle_.due(now);
  if (!std::exchange(failed_again_, false)) return obstacle_.due(now);
  return obstacle_.noticed("the processor fails; its messages are kept and tried until it works: " + reason_,
                           now);
}

std::string KeptMessages::text(TimeMs now) const {
  const std::lock_guard lock(mutex_);
  if (attempts_.empty()) return "";
  const auto most = std::max_element(attempts_.begin(), attempts_.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return std::to_string(attempts_.size()) + (attempts_.size() == 1 ? " message is" : " messages are") +
         " kept and tried again, for " + duration_text(now - since_) + " and up to " +
         std::to_string(most->second) + (most->second == 1 ? " time" : " times") + " now: " + reason_;
}

}  // namespace tributary::relay
