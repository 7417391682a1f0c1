#include "cli/terminal/logging.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "cli/terminal/output.hpp"
#include "cli/terminal/terminal.hpp"

namespace tributary::cli {
namespace {

using Level = group::Report::Level;

struct Logging {
  LogLevel least = LogLevel::info;
  LogStyle style;
  LineQueue* queue = nullptr;
} logging;  // as long as the process: threads that are left behind may log to the end

}  // namespace

void set_up_logging(const Settings& settings, LineQueue* queue) {
  logging = {settings.log_level,
             {settings.log_json, is_terminal(STDERR_FILENO), wants_colour(STDERR_FILENO)},
             queue};
}

void log(const group::Report& report, const LogSource& source) {
  if (static_cast<int>(report.level) >= static_cast<int>(logging.least)) {
    write_to_log(log_line(report, source));
  }
}

bool logs_json() { return logging.style.json; }

std::string log_line(const group::Report& report, const LogSource& source) {
  std::timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return log_line(logging.style, now, report, source);
}

void write_to_log(std::string line) {
  if (logging.queue == nullptr) return write_error(line);
  logging.queue->add(std::move(line));
}

void flush_log() {
  if (logging.queue != nullptr) logging.queue->drain();
}

std::string dropped_log_lines(std::uint64_t dropped) {
  return log_line({Level::warning,
                   "lines_dropped"_event,
                   fmt::format("{} line{} of this log dropped here: the reader was too slow", dropped,
                               dropped == 1 ? " was" : "s were"),
                   {{"lines", dropped}}});
}

}  // namespace tributary::cli
