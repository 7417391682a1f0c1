#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "process/processors/log_rate.hpp"

namespace tributary::process {

/// Reads what programs write to their standard error, line by line, into the log: one thread for all of them,
/// started with the first, so that none of them ever waits for a reader. Any thread may call it.
class ErrorLines {
 public:
  class Source;

  ErrorLines() = default;
  /// Nothing is logged any more.
  ~ErrorLines();
  ErrorLines(const ErrorLines&) = delete;
  ErrorLines& operator=(const ErrorLines&) = delete;

  /// Reads from this descriptor, which it makes non-blocking and closes in the end. `who` stands in front of
  /// its lines. Calls `ended`, in its thread, once the descriptor `end` is readable, if that is before finish().
  std::shared_ptr<Source> add(int descriptor, std::string who, std::shared_ptr<LogRate> log, int end,
                              std::function<void()> ended);
  /// Reads what has been written by now, and no more. The last line of all.
  std::string finish(const std::shared_ptr<Source>& source);

 private:
  void start();
  void watch(int descriptor, std::uint32_t events, std::uint64_t id) const;
  void run();
  std::shared_ptr<Source> source(std::uint64_t id);

  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Source>> sources_;
  std::uint64_t last_id_ = 0;
  int epoll_ = -1;
  int end_ = -1;  // an eventfd
  std::thread thread_;
};

}  // namespace tributary::process
