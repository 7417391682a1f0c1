#include "cli/status/status_reader.hpp"

#include "cli/group/group_reader.hpp"
#include "redis/event_loop.hpp"

namespace tributary::cli {
Result<StatusReport> StatusReader::read() {
  StatusReport report;
  report.group = settings_.output_stream;
  report.server = settings_.redis.display();
  if (client_->in_cluster()) report.holder = client_->endpoint().display();
  auto status = read_group(*client_, settings_);
  if (!status) return status.error();
  report.status = *status;
  observe::confirm_silence(report.status, before_);
  before_ = std::move(*status);
  report.rate = meter_.read(report.status.entries_added, redis::EventLoop::now_ms());
  if (report.status.losses > 0) {
    auto losses = read_losses(*client_, settings_.output_stream, kLossesShown);
    if (!losses) return losses.error();
    report.losses = std::move(*losses);
  }
  auto changes = read_changes(*client_, settings_.output_stream, kChangesRead);
  if (!changes) return changes.error();
  report.take_changes(std::move(*changes));
  return report;
}

}  // namespace tributary::cli
