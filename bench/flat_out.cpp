// As fast as it goes: one node and three, beside the floor; and what that costs Redis and the node.
#include <fmt/format.h>

#include "bench/measures.hpp"

namespace tributary::bench {
namespace {

std::string medians(const std::vector<double>& ours, const std::vector<double>& theirs) {
  return thousands(figure_of(ours).median) + " / " + thousands(figure_of(theirs).median);
}

std::string cpu_medians(const std::vector<double>& ours, const std::vector<double>& theirs) {
  return fmt::format("{:.2f} / {:.2f} us", figure_of(ours).median, figure_of(theirs).median);
}

void keep_samples(const std::string& what, const std::vector<Lineup>& lineups,
                  const std::vector<Takes>& takes, Report& report) {
  for (std::size_t i = 0; i < lineups.size(); ++i) {
    const auto of = ", " + lineups[i].name;
    report.samples(what + ", messages/s" + of, takes[i].per_second);
    report.samples(what + ", Redis us/message" + of, takes[i].server_microseconds);
    report.samples(what + ", own us/message" + of, takes[i].own_microseconds);
  }
}

}  // namespace

// Both sides with TLS, on 127.0.0.1. The same messages without it tell what TLS itself takes.
void measure_tls(const Plan& plan, Report& report) {
  const std::vector<Lineup> lineups{with_tls(nodes_with(1, 1)), with_tls(floor_with(0)), floor_with(0)};
  std::vector<Takes> takes(lineups.size());
  const auto count = plan.messages(1'000'000);
  in_turn(plan, "TLS", lineups.size(), [&](std::size_t i) { takes[i].add(carry(plan, lineups[i], count)); });
  const auto &one = takes[0], &floor = takes[1], &plain = takes[2];
  report.add({"TLS, flat out, 1 node x 1 consumer", "floor, TLS", at_least(0.85),
              ratio_of(one.per_second, floor.per_second), "", medians(one.per_second, floor.per_second)});
  report.add({"node CPU per message, 1 x 1, TLS",
              "floor, TLS",
              {},
              ratio_of(one.own_microseconds, floor.own_microseconds),
              "",
              cpu_medians(one.own_microseconds, floor.own_microseconds)});
  report.add({"TLS, floor",
              "floor",
              {},
              ratio_of(floor.per_second, plain.per_second),
              "",
              medians(floor.per_second, plain.per_second)});
  keep_samples("TLS", lineups, takes, report);
}

// The same server as a cluster and not, by TCP as nodes of a cluster are reached. What the server itself takes for being a
// cluster the bridge tells, which is the same program in both.
void measure_cluster(const Plan& plan, Report& report) {
  const std::vector<Lineup> lineups{in_cluster(nodes_with(1, 1)), with_tcp(nodes_with(1, 1)),
                                    with_tcp(floor_with(0)), in_cluster(floor_with(0))};
  std::vector<Takes> takes(lineups.size());
  const auto count = plan.messages(1'000'000);
  in_turn(plan, "cluster", lineups.size(),
          [&](std::size_t i) { takes[i].add(carry(plan, lineups[i], count)); });
  const auto &cluster = takes[0], &plain = takes[1], &floor = takes[2], &cluster_floor = takes[3];
  report.add({"cluster, flat out, 1 node x 1 consumer", "1 x 1, TCP", at_least(0.97),
              ratio_of(cluster.per_second, plain.per_second), "",
              medians(cluster.per_second, plain.per_second)});
  report.add({"cluster, floor",
              "floor, TCP",
              {},
              ratio_of(cluster_floor.per_second, floor.per_second),
              "",
              medians(cluster_floor.per_second, floor.per_second)});
  report.add({"cluster, flat out, 1 node x 1 consumer", "floor, cluster", at_least(0.90),
              ratio_of(cluster.per_second, cluster_floor.per_second), "",
              medians(cluster.per_second, cluster_floor.per_second)});
  report.add({"Redis CPU per message, 1 x 1, cluster",
              "1 x 1, TCP",
              {},
              ratio_of(cluster.server_microseconds, plain.server_microseconds),
              "",
              cpu_medians(cluster.server_microseconds, plain.server_microseconds)});
  report.add({"node CPU per message, 1 x 1, cluster",
              "1 x 1, TCP",
              {},
              ratio_of(cluster.own_microseconds, plain.own_microseconds),
              "",
              cpu_medians(cluster.own_microseconds, plain.own_microseconds)});
  keep_samples("cluster", lineups, takes, report);
}

// By TCP on this machine, as most have it.
void measure_tcp(const Plan& plan, Report& report) {
  const std::vector<Lineup> lineups{with_tcp(nodes_with(1, 1)), with_tcp(floor_with(0)),
                                    with_tcp(floor_with(2)), with_tcp(nodes_with(3, 6))};
  std::vector<Takes> takes(lineups.size());
  const auto count = plan.messages(1'000'000);
  in_turn(plan, "TCP", lineups.size(), [&](std::size_t i) { takes[i].add(carry(plan, lineups[i], count)); });
  const auto compare = [&](const std::string& what, const Takes& ours, const Takes& theirs,
                           const std::string& floor, double least, double most) {
    report.add({"TCP, flat out, " + what, floor, at_least(least),
                ratio_of(ours.per_second, theirs.per_second), "",
                medians(ours.per_second, theirs.per_second)});
    report.add({"TCP, Redis CPU per message, " + what, floor, at_most(most),
                ratio_of(ours.server_microseconds, theirs.server_microseconds), "",
                cpu_medians(ours.server_microseconds, theirs.server_microseconds)});
  };
  compare("1 node x 1 consumer", takes[0], takes[1], lineups[1].name, 0.97, 1.05);
  compare("3 nodes x 2 consumers", takes[3], takes[2], lineups[2].name, 0.97, 1.15);
  keep_samples("TCP", lineups, takes, report);
}

void measure_flat_out(const Plan& plan, Report& report) {
  // Those that are compared are neighbours.
  const std::vector<Lineup> lineups{floor_that_reads(), nodes_with(1, 10), nodes_with(1, 1),   floor_with(0),
                                    floor_with(2),      nodes_with(3, 6),  nodes_with(10, 10), floor_with(9)};
  std::vector<Takes> takes(lineups.size());
  in_turn(plan, "flat out", lineups.size(), [&](std::size_t i) {
    const bool many = lineups[i].processes + lineups[i].idle_subscribers >= 10;
    takes[i].add(carry(plan, lineups[i], plan.messages(many ? 300'000 : 1'000'000)));
  });
  const auto &reading = takes[0], &ten = takes[1], &one = takes[2], &floor = takes[3], &floor_idle = takes[4],
             &three = takes[5], &nodes = takes[6], &floor_nine = takes[7];

  const auto compare = [&](const std::string& measure, const std::string& against, const Target& target,
                           const std::vector<double>& ours, const std::vector<double>& theirs, auto& words) {
    report.add({measure, against, target, ratio_of(ours, theirs), "", words(ours, theirs)});
  };
  const std::string idle = floor_with(2).name;
  compare("flat out, 1 node x 1 consumer", "floor", at_least(0.97), one.per_second, floor.per_second,
          medians);
  compare("flat out, 1 node x 10 consumers", "floor", at_least(0.97), ten.per_second, floor.per_second,
          medians);
  compare("flat out, 3 nodes x 2 consumers", idle, at_least(0.97), three.per_second, floor_idle.per_second,
          medians);
  compare("flat out, 10 nodes x 1 consumer", floor_with(9).name, at_least(0.9), nodes.per_second,
          floor_nine.per_second, medians);
  compare("Redis CPU per message, 1 x 1", "floor", at_most(1.05), one.server_microseconds,
          floor.server_microseconds, cpu_medians);
  compare("Redis CPU per message, 3 x 2", idle, at_most(1.15), three.server_microseconds,
          floor_idle.server_microseconds, cpu_medians);
  compare("Redis CPU per message, 10 x 1", floor_with(9).name, {}, nodes.server_microseconds,
          floor_nine.server_microseconds, cpu_medians);
  compare("node CPU per message, 1 x 1", "floor", {}, one.own_microseconds, floor.own_microseconds,
          cpu_medians);
  compare("node CPU per message, 1 x 1", floor_that_reads().name, at_most(1.0), one.own_microseconds,
          reading.own_microseconds, cpu_medians);
  keep_samples("flat out", lineups, takes, report);
}

}  // namespace tributary::bench
