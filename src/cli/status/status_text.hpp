#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/group/change_lines.hpp"
#include "cli/group/loss_lines.hpp"
#include "observe/group_status.hpp"

namespace tributary::cli {

/// What `status` found out.
struct StatusReport {
  std::string group;   ///< name of the output stream
  std::string server;  ///< for people, e.g. "localhost:6379"
  std::string holder;  ///< the node of a cluster that has the group; empty: it is in no cluster
  observe::GroupStatus status;
  std::optional<double> rate;              ///< messages/s of the whole group
  std::vector<LossLine> losses;            ///< the last ones
  std::vector<ChangeLine> changes;         ///< of the desired state, the last ones
  std::optional<ChangeLine> state_change;  ///< the last one of the field `state`, if not too long ago

  /// The last changes, oldest first, of which a few are shown.
  void take_changes(std::vector<ChangeLine> last);
};

/// How many are read: to be shown, and changes to find that of the state among them.
inline constexpr std::size_t kLossesShown = 5;
inline constexpr std::size_t kChangesRead = 50;

const char* state_name(plan::Desired::State state);
/// "12,003/s", or "-".
std::string rate_text(std::optional<double> rate);
/// "running", "paused since 2026-01-31 12:00:05Z by me@here", ...
std::string state_text(const StatusReport& report);
/// Desired against actual, e.g. "7 consumers desired, 7 in the view; asked for by me@here".
std::string desired_text(const StatusReport& report);
/// While paused: how long the journals last.
std::string pause_text(const observe::GroupStatus& status);

/// "for the journal of db1 (db1-71-0a2f6c3d), for 3,540 s more".
std::string awaited_text(const observe::JournalStatus& journal);

/// Where processing does not get on: nodes that keep messages that they fail at, messages that nodes die of.
std::vector<std::string> processing_troubles(const observe::GroupStatus& status);

/// For people; several lines.
std::string status_text(const StatusReport& report);
/// For machines: one JSON object, without the end of the line.
std::string status_json(const StatusReport& report);
/// The same as a part of something else.
boost::json::object status_object(const StatusReport& report);

}  // namespace tributary::cli
