#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/group/held_view.hpp"
#include "process/message_format.hpp"

namespace tributary::relay {

/// Some messages of one lane in a row, on their way through one consumer. The payloads are copies: a consumer
/// may hang on to them for longer than the journal does.
struct Run {
  group::LaneId lane;
  std::uint32_t only_by = 0;             ///< the only consumer that may process it; 0: any
  std::string member;                    ///< the consumer is one of this member's, also in the entries
  std::uint64_t first = 0;               ///< rank of the first message
  std::uint64_t after = 0;               ///< position of the lane's message before it; 0: there is none
  std::vector<std::uint64_t> positions;  ///< of each
  std::string payloads;  ///< as the journal keeps them, one behind the other, padded at the end
  std::vector<std::size_t> ends;

  /// Requested when nobody wants the results any more. Then the run is not begun, a wait for a retry ends,
  /// and after the message at hand its consumer turns to other work.
  std::stop_source abandon;

  std::mutex mutex;  // for what follows
  std::string arguments;
  std::size_t argument_count = 0;
  std::size_t dead_lettered = 0, dropped = 0;
  std::size_t done = 0;         ///< messages with results
  std::size_t message = 0;      ///< index of the present message
  TimeMs message_started = -1;  ///< when it began; -1: none is being processed

  std::uint64_t end() const { return first + positions.size(); }
  std::string_view payload(std::size_t index) const {
    const auto begin = index == 0 ? 0 : ends[index - 1];
    return {payloads.data() + begin, ends[index] - begin};
  }
  void add(std::string_view payload, std::uint64_t position) {
    payloads += payload;
    ends.push_back(payloads.size());
    positions.push_back(position);
  }
  void pad();
  std::string consumer(std::uint32_t number) const { return member + "." + std::to_string(number); }
  bool abandoned() const { return abandon.stop_requested(); }
  bool complete() {
    const std::lock_guard lock(mutex);
    return done == positions.size();
  }
};

/// Messages of the lane from rank `first` up to, not including, `end`, which the journal must hold; fewer, at
/// least one, if they are large.
std::shared_ptr<Run> make_run(const group::HeldView& view, const group::LaneId& lane, std::string member,
                              std::uint64_t first, std::uint64_t end);

/// A run without its present message, which is given up.
struct SplitRun {
  std::shared_ptr<Run> before;  ///< complete: the results so far, and the dead letter
  std::shared_ptr<Run> rest;    ///< not begun; nothing if there is no further message
};

/// Makes the present message of consumer `number` a dead letter after so many attempts. The run's mutex is held by the caller, and
/// there are results of all messages before that one.
SplitRun give_up_message(const Run& run, const process::MessageFormat& format, std::uint32_t number,
                         std::string_view reason, unsigned attempts);

}  // namespace tributary::relay
