#include <fmt/format.h>

#include <chrono>

#include "cli/commands.hpp"
#include "cli/group_reader.hpp"
#include "cli/interrupt.hpp"
#include "cli/status_text.hpp"

namespace tributary::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenReadings{1000};
constexpr std::size_t kLossesShown = 5;

TimeMs now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now().time_since_epoch())
      .count();
}

/// Two readings: a rate needs them. A group without a running node needs no rate.
Result<StatusReport> look(redis::SyncClient& client, const Settings& settings) {
  StatusReport report;
  report.group = settings.output_stream;
  report.server = settings.redis.display();
  observe::RateMeter meter;
  for (int reading = 0; reading < 2; ++reading) {
    if (reading > 0) pause_for(kBetweenReadings);
    auto status = read_group(client, settings);
    if (!status) return status.error();
    report.status = std::move(*status);
    report.rate = meter.read(report.status.entries_added, now_ms());
    if (report.status.nodes() == 0) break;
  }
  if (report.status.losses > 0) {
    auto losses = read_losses(client, settings.output_stream, kLossesShown);
    if (!losses) return losses.error();
    report.losses = std::move(*losses);
  }
  return report;
}

}  // namespace

Result<ExitCode> run_status(const Settings& settings) {
  auto client = redis::SyncClient::connect(settings.redis);
  if (!client) return client.error();
  const auto report = look(*client, settings);
  if (!report) return report.error();
  if (!report.value().status.exists()) {
    return Error{ExitCode::failed, "no group feeds the stream " + settings.output_stream + " in database " +
                                       std::to_string(settings.redis.database) + " of " +
                                       settings.redis.display() + "; start a node with tributary consume"};
  }
  fmt::print("{}{}", settings.json ? status_json(report.value()) : status_text(report.value()),
             settings.json ? "\n" : "");
  return ExitCode::ok;
}

}  // namespace tributary::cli
