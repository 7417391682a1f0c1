#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "core/group/actions.hpp"

namespace tributary::cli {

/// How lines of the log look.
struct LogStyle {
  bool json = false;
  bool terminal = false;  ///< a person looks at them: the time of day is enough
  bool colour = false;
};

/// Which node of this process a line is of.
struct LogSource {
  std::string prefix = {};  ///< stands in front of the text, not in JSON
  std::string group = {};   ///< a member in JSON; empty: none
};

/// One line with its end. As text it is time, level and text; as JSON one object, valid whatever the texts hold: `time`,
/// `level`, `event`, `group`, `message`, and the figures under their names (docs/log-lines.md).
std::string log_line(const LogStyle& style, const std::timespec& now, const group::Report& report,
                     const LogSource& source = {});

/// ISO 8601 with milliseconds and the zone of this host: "2026-10-05T18:34:06.120+02:00".
std::string iso_time(const std::timespec& time);

}  // namespace tributary::cli
