#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "relay/obstacle.hpp"

namespace tributary::relay {

/// Messages that consumers keep and try again without end, because the processor fails at them: told when that
/// begins, when the reason changes, now and then, and when it is over. Any thread.
class KeptMessages {
 public:
  void failed(std::uint32_t consumer, unsigned attempts, const std::string& reason, TimeMs now);
  /// The consumer goes on.
  void over(std::uint32_t consumer);

  /// The line to say, if any.
  std::optional<Obstacle::Line> news(TimeMs now);
  /// Why, how often and since when; empty if none is kept.
  std::string text(TimeMs now) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, unsigned> attempts_;  // by consumer, at the message it keeps
  std::string reason_;                          // the last one
  bool failed_again_ = false;                   // since the last look
  TimeMs since_ = 0;
  Obstacle obstacle_{"the processor works again, and so do the consumers that kept messages"};
};

}  // namespace tributary::relay
