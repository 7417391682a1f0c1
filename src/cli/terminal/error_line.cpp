#include "cli/terminal/error_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/terminal/exit_code.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/terminal.hpp"

namespace tributary::cli {

int tell_error(const Error& error) {
  const bool colour = wants_colour(STDERR_FILENO);
  if (!error.message.empty()) {
    write_to_log(
        fmt::format("{}tributary: {}{}\n", colour ? "\x1b[31m" : "", error.message, colour ? "\x1b[0m" : ""));
  }
  return static_cast<int>(exit_code(error.kind));
}

}  // namespace tributary::cli
