#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "relay/histogram.hpp"

namespace tributary::http {

/// Collects figures as families of metrics, in the order in which their names are first used.
class Families {
 public:
  using Labels = std::vector<prometheus::ClientMetric::Label>;

  void counter(const char* name, const char* help, Labels labels, double value) {
    add(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
  }
  void gauge(const char* name, const char* help, Labels labels, double value) {
    add(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
  }
  void histogram(const char* name, const char* help, Labels labels, const relay::Histogram& from) {
    auto& out = add(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
    for (std::size_t i = 0; i < from.bounds().size(); ++i) {
      out.sample_count += from.counts()[i];
      out.bucket.push_back({out.sample_count, from.bounds()[i]});
    }
    out.sample_count = from.count();
    out.sample_sum = from.sum();
  }
  std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

 private:
  prometheus::ClientMetric& add(const char* name, const char* help, prometheus::MetricType type,
                                Labels labels) {
    auto found = families_.begin();
    while (found != families_.end() && found->name != name) ++found;
    if (found == families_.end()) {
      found = families_.emplace(found);
      found->name = name;
      found->help = help;
      found->type = type;
    }
    auto& metric = found->metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<prometheus::MetricFamily> families_;
};

/// Of this process: cpu time, memory, files, age; as every Prometheus client calls them.
void add_process(Families& families);

}  // namespace tributary::http
