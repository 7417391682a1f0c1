#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "embed/node_run.hpp"
#include "http/server.hpp"
#include "observe/group_status.hpp"

/// What Prometheus reads. Nothing is kept up to date for it: each figure is looked up when it is asked for.
namespace tributary::http {

/// Where the figures of one group's node are.
struct MeasuredGroup {
  std::string group;
  const embed::NodeRun* run = nullptr;
  std::uint64_t journal_limit = 0;  ///< bytes
  std::string channel;              ///< the only one it reads; empty: there are several, or patterns
  /// The group as the server knows it, read just now; none if it could not be read.
  const observe::GroupStatus* status = nullptr;
  /// Lines of the loss ledger, by reason, as far as they have been read.
  const std::map<std::string, std::uint64_t>* losses = nullptr;
};

/// All metrics of a process. Whatever it points to must live during Collect().
class Metrics final : public prometheus::Collectable {
 public:
  std::vector<MeasuredGroup> groups;
  ServerFigures server;
  std::uint64_t wrong_tokens = 0;

  std::vector<prometheus::MetricFamily> Collect() const override;
};

/// In Prometheus' text format, or as OpenMetrics.
std::string metrics_text(const prometheus::Collectable& metrics, bool open_metrics);
inline constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr char kOpenMetricsType[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";

}  // namespace tributary::http
