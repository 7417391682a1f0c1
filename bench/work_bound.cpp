// When the work itself takes the time: n consumers should do n times what one does.
#include <fmt/format.h>

#include <map>

#include "bench/measures.hpp"

namespace tributary::bench {
namespace {

constexpr int kConsumers[] = {1, 10, 50, 200};
constexpr int kNodes[] = {1, 2, 4};
constexpr double kPerConsumer = 200;  // messages/s at 5 ms each
constexpr double kSeconds = 1.6;

Lineup lineup_of(int nodes, int consumers) {
  return nodes_with(nodes, consumers, {"--processor", "delay:5ms"});
}

Plot plot_of(const std::map<std::pair<int, int>, Takes>& takes) {
  Plot plot{"Work of 5 ms for each message", "consumers", "messages/s", true, true, {1, 10, 50, 200}, {}};
  const std::string colours[] = {"#1b6ca8", "#3a9d5d", "#c07a2b"};
  Plot::Line ideal{"n times one", "#777777", true, {}};
  const auto one = figure_of(takes.at({1, 1}).per_second).median;
  for (const int n : kConsumers) ideal.points.emplace_back(n, n * one);
  plot.lines.push_back(ideal);
  for (std::size_t i = 0; i < std::size(kNodes); ++i) {
    Plot::Line line{fmt::format("{} node{}", kNodes[i], kNodes[i] == 1 ? "" : "s"), colours[i], false, {}};
    for (const int n : kConsumers) {
      const auto found = takes.find({kNodes[i], n});
      if (found != takes.end()) line.points.emplace_back(n, figure_of(found->second.per_second).median);
    }
    plot.lines.push_back(std::move(line));
  }
  return plot;
}

}  // namespace

void measure_work_bound(const Plan& plan, Report& report) {
  std::vector<std::pair<int, int>> cells;  // nodes, consumers
  for (const int consumers : kConsumers) {
    for (const int nodes : kNodes) {
      if (consumers >= nodes) cells.emplace_back(nodes, consumers);
    }
  }
  std::map<std::pair<int, int>, Takes> takes;
  in_turn(plan, "work-bound", cells.size(), [&](std::size_t i) {
    const auto [nodes, consumers] = cells[i];
    const auto count = static_cast<std::uint64_t>(kPerConsumer * plan.seconds(kSeconds) * consumers);
    takes[cells[i]].add(carry(plan, lineup_of(nodes, consumers), count));
  });
  const auto& one = takes[{1, 1}].per_second;
  for (const auto& [nodes, consumers] : cells) {
    const auto& many = takes[{nodes, consumers}].per_second;
    report.samples(fmt::format("work-bound, messages/s, {} consumers on {} nodes", consumers, nodes), many);
    if (consumers == 1) continue;
    auto linear = one;
    for (auto& value : linear) value *= consumers;
    report.add(
        {fmt::format("work of 5 ms, {} consumers on {} node{}", consumers, nodes, nodes == 1 ? "" : "s"),
         fmt::format("{} times one consumer", consumers), at_least(0.97), ratio_of(many, linear), "",
         fmt::format("{:.0f}/s; one: {:.0f}/s", figure_of(many).median, figure_of(one).median)});
  }
  report.plot("work-bound", plot_of(takes));
}

}  // namespace tributary::bench
