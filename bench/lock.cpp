// Beside a lock for each message, and how the three designs go with more workers.
#include <fmt/format.h>

#include <map>

#include "bench/measures.hpp"

namespace tributary::bench {
namespace {

constexpr int kWorkers[] = {1, 2, 4, 10};
constexpr std::uint64_t kMessages = 300'000, kLockMessages = 30'000;

Plot plot_of(const std::map<std::string, Takes>& takes) {
  Plot plot{
      "Throughput against consumers", "consumers (workers)", "messages/s", false, false, {1, 2, 4, 10}, {}};
  const auto add_line = [&](const std::string& name, const std::string& colour, bool dashed,
                            const auto& lineup_name) {
    Plot::Line line{name, colour, dashed, {}};
    for (const int n : kWorkers) {
      line.points.emplace_back(n, figure_of(takes.at(lineup_name(n)).per_second).median);
    }
    plot.lines.push_back(std::move(line));
  };
  add_line("bare bridge (floor)", "#777777", true, [](int) { return floor_with(0).name; });
  add_line("tributary, 1 node", "#1b6ca8", false, [](int n) { return nodes_with(1, n).name; });
  add_line("tributary, n nodes", "#3a9d5d", false, [](int n) { return nodes_with(n, n).name; });
  add_line("lock per message", "#c0392b", false, [](int n) { return lock_workers(n).name; });
  return plot;
}

}  // namespace

void measure_lock(const Plan& plan, Report& report) {
  std::vector<Lineup> lineups{floor_with(0)};
  for (const int n : kWorkers) {
    lineups.push_back(nodes_with(1, n));
    lineups.push_back(lock_workers(n));
    if (n > 1) lineups.push_back(nodes_with(n, n));
  }
  std::map<std::string, Takes> takes;
  in_turn(plan, "lock per message", lineups.size(), [&](std::size_t i) {
    const auto& lineup = lineups[i];
    const bool slow = lineup.design == Lineup::Design::lock_per_message;
    takes[lineup.name].add(carry(plan, lineup, plan.messages(slow ? kLockMessages : kMessages)));
  });
  const auto compare = [&](int n, const Lineup& ours, const std::string& measure) {
    const auto& mine = takes[ours.name].per_second;
    const auto& theirs = takes[lock_workers(n).name].per_second;
    report.add({measure, fmt::format("lock per message, {} workers", n), at_least(n == 10 ? 5 : 1),
                ratio_of(mine, theirs), "",
                thousands(figure_of(mine).median) + " / " + thousands(figure_of(theirs).median)});
  };
  for (const int n : kWorkers) compare(n, nodes_with(1, n), fmt::format("flat out, 1 node x {}", n));
  for (const int n : kWorkers) {
    if (n > 1) compare(n, nodes_with(n, n), fmt::format("flat out, {} nodes x 1", n));
  }
  for (const auto& [name, taken] : takes) report.samples("workers, messages/s, " + name, taken.per_second);
  report.plot("throughput", plot_of(takes));
}

}  // namespace tributary::bench
