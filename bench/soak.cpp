// Half an hour at 20,000/s, two nodes, a server that writes its log every second: does memory grow, does latency?
#include <fmt/format.h>

#include <algorithm>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "bench/stream_probe.hpp"

namespace tributary::bench {
namespace {

constexpr std::uint64_t kRate = 20'000;
constexpr double kPart = 10;  // seconds for each point

struct Points {
  std::vector<std::pair<double, double>> p50, p99, memory;  // x: minutes
};

Plot plot_of(const std::string& title, const std::string& unit, double minutes,
             std::vector<Plot::Line> lines) {
  Plot plot{title, "minutes", unit, false, false, {}, std::move(lines)};
  for (int i = 0; i <= 5; ++i) plot.x_ticks.push_back(minutes * i / 5);
  return plot;
}

// The median of the last third of the points over that of the first third.
Figure growth(const std::vector<std::pair<double, double>>& points) {
  std::vector<double> first, last;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i < points.size() / 3) first.push_back(points[i].second);
    if (i >= points.size() - points.size() / 3) last.push_back(points[i].second);
  }
  const auto ratio = figure_of(last).median / figure_of(first).median;
  return {ratio, ratio, ratio};
}

}  // namespace

void measure_soak(const Plan& plan, Report& report) {
  const double minutes = plan.is_short ? 0.5 : plan.soak_minutes;
  const auto part = static_cast<std::uint64_t>(kRate * (plan.is_short ? 1 : kPart));
  const auto parts = std::max<std::uint64_t>(static_cast<std::uint64_t>(minutes * 60 * kRate) / part, 3);
  auto lineup = nodes_with(2, 4, {"--stream-maxlen", "1000000"});
  lineup.persistence = cli::Persistence::every_second;
  Team team(plan.programs, lineup);
  Publisher publisher(team);
  StreamProbe probe(team, parts * part);
  Points points;
  for (std::uint64_t i = 0; i < parts; ++i) {
    const auto first = publisher.published();
    publisher.paced(kRate, part, [&](std::uint64_t number) { probe.sent(number); });
    probe.wait_until_read(publisher.published());
    auto values = probe.microseconds(first, publisher.published());
    const double at = static_cast<double>((i + 1) * part) / kRate / 60;
    points.p50.emplace_back(at, percentile(values, 50));
    points.p99.emplace_back(at, percentile(values, 99));
    double memory = 0;
    for (auto& process : team.processes()) memory = std::max(memory, resident_megabytes(process.pid()));
    points.memory.emplace_back(at, memory);
    progress(
        fmt::format("soak: {:.1f} of {:.1f} minutes, p50 {:.0f} us, p99 {:.0f} us, largest node {:.0f} MiB",
                    at, minutes, points.p50.back().second, points.p99.back().second, memory));
  }
  const auto add = [&](const std::string& measure, const Target& target, const auto& of, const char* unit) {
    report.add({measure, "the first third", target, growth(of), "",
                fmt::format("{:.0f} {} at the end", of.back().second, unit)});
  };
  const auto name = fmt::format("soak of {:g} minutes, ", minutes);
  add(name + "memory of the largest node, last third", at_most(1.05), points.memory, "MiB");
  add(name + "latency p50, last third", at_most(1.2), points.p50, "us");
  add(name + "latency p99, last third", {}, points.p99, "us");
  report.plot("soak-memory", plot_of("Memory of the largest of two nodes at 20,000/s", "MiB", minutes,
                                     {{"resident", "#1b6ca8", false, points.memory}}));
  auto latency = plot_of("From PUBLISH to readable, two nodes, 20,000/s", "microseconds", minutes,
                         {{"p50", "#1b6ca8", false, points.p50}, {"p99", "#c0392b", true, points.p99}});
  latency.logarithmic_y = true;
  report.plot("soak-latency", std::move(latency));
}

}  // namespace tributary::bench
