// From PUBLISH until a reader that waits with XREAD BLOCK has the entry, at three rates.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "bench/stream_probe.hpp"

namespace tributary::bench {
namespace {

struct Rate {
  std::uint64_t per_second;
  double seconds;
  std::string name;
};
const std::vector<Rate> kRates{
    {1'000, 2.0, "1,000/s"}, {20'000, 1.2, "20,000/s"}, {100'000, 1.0, "100,000/s"}};
constexpr double kPercentiles[] = {50, 99, 99.9};
constexpr double kWarmUp = 0.15;  // of the messages at each rate: not counted

/// Microseconds by lineup, rate and percentile; one for each pair.
using Latencies = std::map<std::string, std::map<std::uint64_t, std::map<double, std::vector<double>>>>;

void take(const Plan& plan, const Lineup& lineup, Latencies& latencies) {
  std::vector<std::uint64_t> counts;
  std::uint64_t all = 0;
  for (const auto& rate : kRates) {
    counts.push_back(
        static_cast<std::uint64_t>(plan.seconds(rate.seconds) * static_cast<double>(rate.per_second)));
    all += counts.back();
  }
  Team team(plan.programs, lineup);
  Publisher publisher(team);
  StreamProbe probe(team, all);
  for (std::size_t i = 0; i < kRates.size(); ++i) {
    const auto first = publisher.published();
    publisher.paced(kRates[i].per_second, counts[i], [&](std::uint64_t number) { probe.sent(number); });
    probe.wait_until_read(publisher.published());
    const auto warm = first + static_cast<std::uint64_t>(static_cast<double>(counts[i]) * kWarmUp);
    auto values = probe.microseconds(warm, publisher.published());
    for (const double percent : kPercentiles) {
      latencies[lineup.name][kRates[i].per_second][percent].push_back(percentile(values, percent));
    }
  }
}

Plot plot_of(Latencies& latencies, const std::vector<Lineup>& lineups) {
  Plot plot{"From PUBLISH to readable in the stream",
            "messages/s",
            "microseconds",
            true,
            true,
            {1e3, 2e4, 1e5},
            {}};
  const std::map<std::string, std::string> colours{{"floor", "#777777"},
                                                   {"1 x 1", "#1b6ca8"},
                                                   {"1 x 10", "#3a9d5d"},
                                                   {"3 x 2", "#8e44ad"},
                                                   {"floor + 2 idle", "#bbbbbb"}};
  for (const auto& lineup : lineups) {
    for (const double percent : {50.0, 99.0}) {
      Plot::Line line{
          fmt::format("{}, p{:g}", lineup.name, percent), colours.at(lineup.name), percent > 50, {}};
      for (const auto& rate : kRates) {
        const auto median = figure_of(latencies[lineup.name][rate.per_second][percent]).median;
        line.points.emplace_back(static_cast<double>(rate.per_second), median);
      }
      plot.lines.push_back(std::move(line));
    }
  }
  return plot;
}

Target target_of(double percent, bool several_nodes) {
  if (percent == 50) return at_most(several_nodes ? 1.4 : 1.3);
  if (percent == 99 && !several_nodes) return at_most(1.3);
  return {};
}

}  // namespace

void measure_latency(const Plan& plan, Report& report) {
  const std::vector<Lineup> lineups{nodes_with(1, 10), nodes_with(1, 1), floor_with(0), floor_with(2),
                                    nodes_with(3, 6)};
  Latencies latencies;
  in_turn(plan, "latency", lineups.size(), [&](std::size_t i) { take(plan, lineups[i], latencies); });
  for (const auto i : {1u, 0u, 4u}) {
    const auto& ours = lineups[i];
    const bool several = ours.processes > 1;
    const auto& theirs = lineups[several ? 3 : 2];
    for (const auto& rate : kRates) {
      for (const double percent : kPercentiles) {
        const auto& a = latencies[ours.name][rate.per_second][percent];
        const auto& b = latencies[theirs.name][rate.per_second][percent];
        report.add({fmt::format("latency p{:g} at {}, {}", percent, rate.name, ours.name), theirs.name,
                    target_of(percent, several), ratio_of(a, b), "",
                    fmt::format("{:.0f} / {:.0f} us", figure_of(a).median, figure_of(b).median)});
      }
    }
  }
  for (const auto& lineup : lineups) {
    for (const auto& rate : kRates) {
      for (const double percent : kPercentiles) {
        report.samples(fmt::format("latency, us, {}, {}, p{:g}", lineup.name, rate.name, percent),
                       latencies[lineup.name][rate.per_second][percent]);
      }
    }
  }
  report.plot("latency", plot_of(latencies, lineups));
}

}  // namespace tributary::bench
