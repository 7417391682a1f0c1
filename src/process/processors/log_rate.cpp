#include "process/processors/log_rate.hpp"

#include "core/base/safe_text.hpp"

namespace tributary::process {

using std::chrono::steady_clock;

void LogRate::say(Event event, std::string_view who, std::string_view text) {
  const std::lock_guard lock(mutex_);
  // A clock costs little, but not as little as a line that is not shown.
  if (told_ >= kLinesPerSecond && left_out_ % 64 != 0) {
    ++left_out_;
    return;
  }
  turn_page();
  if (told_ >= kLinesPerSecond) {
    ++left_out_;
    return;
  }
  ++told_;
  log_(event, std::string(who) + ": " + visible_text(shortened(text, kLongestLine), true));
}

bool LogRate::tell_left_out() {
  const std::lock_guard lock(mutex_);
  turn_page();
  return left_out_ > 0;
}

void LogRate::turn_page() {
  const auto now = steady_clock::now();
  if (now - second_ < std::chrono::seconds(1)) return;
  second_ = now;
  told_ = 0;
  if (left_out_ > 0) {
    log_("processor_output"_event,
         name_ + ": " + std::to_string(left_out_) + (left_out_ == 1 ? " line was" : " lines were") +
             " left out: more than " + std::to_string(kLinesPerSecond) + " a second");
  }
  left_out_ = 0;
}

}  // namespace tributary::process
