#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "process/processors.hpp"

namespace tributary::process {

/// Lines for the log that may come by the million: so many a second get there, printable and of bounded
/// length, the rest are counted and told of. Any thread may call it.
class LogRate {
 public:
  static constexpr unsigned kLinesPerSecond = 20;
  static constexpr std::size_t kLongestLine = 1000;  ///< bytes, without what stands in front

  /// `name` says what the lines are of, when some were left out.
  LogRate(ProcessorLog log, std::string name) : log_(std::move(log)), name_(std::move(name)) {}

  /// Logs "<who>: <text>", or counts it.
  void say(Event event, std::string_view who, std::string_view text);
  /// Tells of lines that were left out in a second that is over. True while there is more to tell.
  bool tell_left_out();

 private:
  void turn_page();

  std::mutex mutex_;
  ProcessorLog log_;
  std::string name_;
  std::chrono::steady_clock::time_point second_{};  // when the present one began
  unsigned told_ = 0;                               // in it
  std::uint64_t left_out_ = 0;
};

}  // namespace tributary::process
