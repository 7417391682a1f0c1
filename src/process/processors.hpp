#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/event.hpp"
#include "core/base/result.hpp"
#include "tributary/processor.hpp"

namespace tributary::process {

using tributary::ProcessorFactory;

/// Takes a line for the node's log. Called by any thread; must not block.
using ProcessorLog = std::function<void(Event event, const std::string& line)>;

/// What processors may need to know of where they run.
struct ProcessorContext {
  bool json = true;                      ///< payloads that reach them are JSON objects; else any bytes
  std::chrono::milliseconds timeout{0};  ///< of one message, after which it is given up; 0: none
  /// Failed messages are kept and tried without end, so nobody else gives one up: `timeout` is that of an
  /// attempt, which the processor sees to itself.
  bool keeps = false;
  unsigned window = 32;  ///< messages that may be under way to a program at once
  /// Gets what a program prints on its standard error, what it ended with.
  ProcessorLog log = [](Event, const std::string&) {};
};

/// The processor that `spec` names, checked as far as can be without a message: that a program can be
/// started, that a script can be read. An error with ErrorKind::usage if there is no such processor, with
/// ErrorKind::configuration if it cannot work:
///   exec:<command>     hands it to a program; see make_exec_processors()
///   stamp              adds processed=1; does not block
///   lua:<file>         see make_lua(); does not block
///   plugin:<file>      see make_plugin(); blocks if it says so
///   http://...         see make_http(), also https; blocks
///   delay:<duration>   waits that long, then does as stamp
///   spin:<duration>    computes that long, then does as stamp
///   flaky:<percent>    fails that share of all attempts (see flaky_fails), else does as stamp; does not
///   block
/// A duration is a number with a unit, us, ms or s (5ms, 1.5s), and at most an hour.
Result<ProcessorFactory> make_processors(std::string_view spec, const ProcessorContext& context = {});

/// The same as people may see it: without what a URL has of user, password, query and fragment.
std::string shown_processor(std::string_view spec);

/// Whether `flaky:<percent>` fails this attempt, counted from 1, at this message. Always the same for the
/// same input, so that whoever knows the messages knows which ones end as dead letters.
bool flaky_fails(std::string_view message_id, unsigned attempt, unsigned percent);

}  // namespace tributary::process
