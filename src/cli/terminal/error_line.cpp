#include "cli/terminal/error_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/terminal/exit_code.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/terminal.hpp"

namespace tributary::cli {

group::Report ended_by(const Error& error) {
  const auto code = static_cast<std::uint64_t>(exit_code(error.kind));
  return {group::Report::Level::error, "failed"_event, error.message, {{"exit_code", code}}};
}

int tell_error(const Error& error, const LogSource& source) {
  const auto code = static_cast<int>(exit_code(error.kind));
  if (error.message.empty()) return code;
  if (logs_json()) {
    write_to_log(log_line(ended_by(error), source));
  } else {
    const bool colour = wants_colour(STDERR_FILENO);
    write_to_log(
        fmt::format("{}tributary: {}{}\n", colour ? "\x1b[31m" : "", error.message, colour ? "\x1b[0m" : ""));
  }
  return code;
}

}  // namespace tributary::cli
