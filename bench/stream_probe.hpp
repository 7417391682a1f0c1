#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/connection.hpp"
#include "bench/team.hpp"

namespace tributary::bench {

/// Measures how long each message takes from PUBLISH until somebody who waits for it with XREAD BLOCK has it.
/// Tell it each message just before it is published; its own thread reads the stream.
class StreamProbe {
 public:
  /// For messages numbered from 0 to `messages` - 1. Reads the stream from its beginning.
  StreamProbe(Team& team, std::uint64_t messages);
  ~StreamProbe();

  void sent(std::uint64_t number);
  /// Returns when all messages were read. Throws Failure when they do not come.
  void wait_until_read(std::uint64_t messages);
  /// Microseconds of messages first up to, not including, last; all of them must have been read.
  std::vector<double> microseconds(std::uint64_t first, std::uint64_t last) const;

 private:
  void read();
  /// Takes the answer at the start of `bytes`; how long it is, or 0 if it is not there whole.
  std::size_t take_answer(std::string_view bytes);

  Connection connection_;
  std::vector<std::atomic<std::int64_t>> sent_;  // nanoseconds
  std::vector<std::int64_t> read_;
  std::atomic<std::uint64_t> count_{0};  // of those read
  std::string last_id_ = "0-0";
  std::exception_ptr failure_;
  std::atomic<bool> stopping_{false}, ended_{false};
  std::thread thread_;
};

}  // namespace tributary::bench
