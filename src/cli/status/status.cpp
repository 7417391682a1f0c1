#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/status/find_groups.hpp"
#include "cli/status/overview.hpp"
#include "cli/status/status_reader.hpp"
#include "cli/status/watch.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/output.hpp"

namespace tributary::cli {
namespace {

/// Two readings: a rate needs them. A group without a running node needs no rate.
Result<StatusReport> look(redis::SyncClient& client, const Settings& settings) {
  StatusReader reader(client, settings);
  auto report = reader.read();
  if (!report || report.value().status.nodes() == 0) return report;
  pause_for(kBetweenReadings);
  return reader.read();
}

}  // namespace

Result<ExitCode> run_status(const std::vector<Settings>& groups) {
  auto settings = groups.front();
  const bool several = groups.size() > 1 || settings.all_groups;
  if (several && settings.watch)
    return Error{ErrorKind::usage, "status --watch shows one group: say which by --output-stream"};
  if (settings.all_groups) {
    const auto found = find_groups(groups);
    if (!found) return found.error();
    return run_overview(found.value());
  }
  if (several) return run_overview(groups);
  if (settings.watch) return run_watch(settings);
  auto client = connect_to_group(settings);
  if (!client) return client.error();
  const auto report = look(*client, settings);
  if (!report) return report.error();
  if (!report.value().status.exists()) return no_such_group(settings);
  print("{}{}", settings.json ? status_json(report.value()) : status_text(report.value()),
        settings.json ? "\n" : "");
  return ExitCode::ok;
}

}  // namespace tributary::cli
