#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/loss_lines.hpp"
#include "observe/group_status.hpp"

namespace tributary::cli {

/// What `status` found out.
struct StatusReport {
  std::string group;   ///< name of the output stream
  std::string server;  ///< for people, e.g. "localhost:6379"
  observe::GroupStatus status;
  std::optional<double> rate;    ///< messages/s of the whole group
  std::vector<LossLine> losses;  ///< the last ones
};

/// For people; several lines.
std::string status_text(const StatusReport& report);
/// For machines: one JSON object, without the end of the line.
std::string status_json(const StatusReport& report);

}  // namespace tributary::cli
