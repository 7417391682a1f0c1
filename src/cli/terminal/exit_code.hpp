#pragma once

#include "core/base/result.hpp"

namespace tributary::cli {

/// What the process ends with: 0, 1, a number of sysexits(3), or 128 and the number of a signal.
enum class ExitCode {
  ok = 0,
  failed = 1,  ///< it ran, and the answer is no: `verify` found something
};

/// The one that an error of this kind ends in. Main thread only.
ExitCode exit_code(ErrorKind kind);

}  // namespace tributary::cli
