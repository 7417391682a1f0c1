#include "cli/terminal/exit_code.hpp"

#include <sysexits.h>

#include "cli/system/interrupt.hpp"

namespace tributary::cli {

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::declined:
      return ExitCode::failed;
    case ErrorKind::interrupted:
      return interrupted_code();
    case ErrorKind::usage:
      return ExitCode{EX_USAGE};
    case ErrorKind::data:
      return ExitCode{EX_DATAERR};
    case ErrorKind::no_input:
      return ExitCode{EX_NOINPUT};
    case ErrorKind::unavailable:
      return ExitCode{EX_UNAVAILABLE};
    case ErrorKind::software:
      return ExitCode{EX_SOFTWARE};
    case ErrorKind::cannot_create:
      return ExitCode{EX_CANTCREAT};
    case ErrorKind::io:
      return ExitCode{EX_IOERR};
    case ErrorKind::temporary:
      return ExitCode{EX_TEMPFAIL};
    case ErrorKind::no_permission:
      return ExitCode{EX_NOPERM};
    case ErrorKind::configuration:
      return ExitCode{EX_CONFIG};
  }
  return ExitCode{EX_SOFTWARE};
}

}  // namespace tributary::cli
