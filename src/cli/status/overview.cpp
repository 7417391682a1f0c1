#include "cli/status/overview.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "cli/group/group_reader.hpp"
#include "cli/status/status_reader.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/json_text.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/text_table.hpp"
#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

using observe::at_least;

std::vector<std::string> row(const GroupOverview& group) {
  const auto& status = group.report.status;
  if (group.trouble) return {visible_text(group.report.group), "-", "-", "-", "-", "-", "-", "-", "-"};
  return {visible_text(group.report.group),
          state_name(status.desired.desired.state),
          with_commas(status.nodes()),
          with_commas(status.weight(true) + status.weight(false)),
          rate_text(group.report.rate),
          at_least(status.backlog(), status.backlog_known()),
          with_commas(status.entries_added),
          with_commas(status.dead_letters),
          status.losses == 0 ? "0" : observe::losses_text(status.losses, status.lost)};
}

/// Groups of one server are read by one connection, so that one that is away is waited for once. In a cluster each group is
/// at a node of its own.
class Reading {
 public:
  explicit Reading(const std::vector<Settings>& groups) {
    settings_.reserve(groups.size());  // readers keep references
    for (const auto& told : groups) {
      auto& group = settings_.emplace_back(told);
      auto& client = clients_[{group.redis.display(), group.redis.database, group.redis.username}];
      if (client && *client && client->value().in_cluster())
        others_.push_back(std::exchange(client, nullptr));
      if (!client) client = std::make_unique<Client>(connect_to_group(group));
      groups_.push_back({.trouble = {}, .report = {}});
      groups_.back().report.group = group.output_stream;
      if (*client) {
        readers_.push_back(std::make_unique<StatusReader>(**client, group));
      } else {
        readers_.push_back(nullptr);
        groups_.back().trouble = client->error();
      }
    }
  }

  void read() {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      auto& [trouble, report] = groups_[i];
      if (trouble) continue;
      auto read = readers_[i]->read();
      if (!read) {
        trouble = read.error();
      } else if (!read->status.exists()) {
        trouble = no_such_group(settings_[i]);
      } else {
        report = std::move(*read);
      }
    }
  }

  const std::vector<GroupOverview>& groups() const { return groups_; }

 private:
  using Client = Result<redis::SyncClient>;

  std::map<std::tuple<std::string, std::uint32_t, std::string>, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> others_;
  std::vector<Settings> settings_;
  std::vector<std::unique_ptr<StatusReader>> readers_;
  std::vector<GroupOverview> groups_;
};

}  // namespace

std::string overview_text(const std::vector<GroupOverview>& groups) {
  TextTable table({"group", "state", ">nodes", ">consumers", ">rate", ">backlog", ">appended",
                   ">dead letters", ">losses"});
  for (const auto& group : groups) table.add(row(group));
  return table.text();
}

std::string overview_json(const std::vector<GroupOverview>& groups) {
  boost::json::array array;
  for (const auto& group : groups) {
    if (group.trouble) {
      array.push_back(
          {{"group", valid_utf8(group.report.group)}, {"error", valid_utf8(group.trouble->message)}});
    } else {
      array.push_back(status_object(group.report));
    }
  }
  return json_text({{"groups", std::move(array)}});
}

ExitCode run_overview(const std::vector<Settings>& groups) {
  Reading reading(groups);
  reading.read();
  pause_for(kBetweenReadings);
  reading.read();
  const bool json = groups.front().json;
  print("{}{}", json ? overview_json(reading.groups()) : overview_text(reading.groups()), json ? "\n" : "");
  auto worst = ExitCode::ok;
  std::set<std::string> told;  // a server that is away keeps back many
  for (const auto& group : reading.groups()) {
    if (!group.trouble) continue;
    worst = std::max(worst, exit_code(group.trouble->kind));
    if (told.insert(group.trouble->message).second) tell_error(*group.trouble);
  }
  return worst;
}

}  // namespace tributary::cli
