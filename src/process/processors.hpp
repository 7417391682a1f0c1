#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/base/result.hpp"
#include "tributary/processor.hpp"

namespace tributary::process {

/// Makes one processor for each consumer. May be called by any thread.
using ProcessorFactory = std::function<std::unique_ptr<Processor>()>;

/// The processor that `spec` names, or an error (ErrorKind::usage) that lists what there is:
///   stamp              adds processed=1; does not block
///   delay:<duration>   waits that long, then does as stamp
///   spin:<duration>    computes that long, then does as stamp
///   flaky:<percent>    fails that share of all attempts (see flaky_fails), else does as stamp; does not
///   block
/// A duration is a number with a unit, us, ms or s (5ms, 1.5s), and at most an hour.
Result<ProcessorFactory> parse_processor(std::string_view spec);

/// Whether `flaky:<percent>` fails this attempt, counted from 1, at this message. Always the same for the
/// same input, so that whoever knows the messages knows which ones end as dead letters.
bool flaky_fails(std::string_view message_id, unsigned attempt, unsigned percent);

}  // namespace tributary::process
