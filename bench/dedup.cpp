// What a window for ids costs, at as many ids as 20,000 messages/s leave in 60 s: the rate beside that without one, and the
// memory of Redis. As fast as it goes a window of 5 s holds as many, in sets of the same number.
#include <fmt/format.h>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"

namespace tributary::bench {
namespace {

struct Kept {
  double ids = 0, bytes = 0;
};

Kept kept(Team& team) {
  Kept sum;
  for (const char* set : {"0", "1", "2"}) {
    const auto key = fmt::format("tributary:{{{}}}:ids:{}", kStream, set);
    sum.ids += static_cast<double>(team.ask({"SCARD", key}).integer);
    sum.bytes += static_cast<double>(team.ask({"MEMORY", "USAGE", key, "SAMPLES", "0"}).integer);
  }
  return sum;
}

// The sets are full, and each has been emptied once, before it is measured.
Take take(const Plan& plan, const Lineup& lineup, Kept& ids) {
  Team team(plan.programs, lineup);
  Publisher publisher(team);
  publisher.flat_out(plan.messages(2'000'000));
  team.wait_until_appended(publisher.published());
  const auto server_before = team.server_cpu_seconds(), own_before = team.own_cpu_seconds();
  const auto start = nanoseconds_now();
  const auto count = plan.messages(1'500'000);
  publisher.flat_out(count);
  team.wait_until_appended(publisher.published());
  const auto messages = static_cast<double>(count);
  Take take;
  take.per_second = messages * 1e9 / static_cast<double>(nanoseconds_now() - start);
  take.own_microseconds = (team.own_cpu_seconds() - own_before) * 1e6 / messages;
  take.server_microseconds = (team.server_cpu_seconds() - server_before) * 1e6 / messages;
  ids = kept(team);
  progress(fmt::format("  {}: {:.0f}/s, {:.0f} ids kept", lineup.name, take.per_second, ids.ids));
  return take;
}

}  // namespace

void measure_dedup(const Plan& plan, Report& report) {
  auto with = nodes_with(1, 1, {"--dedup-window", "5s", "--dedup-limit", "100000000"});
  auto three = nodes_with(3, 6, {"--dedup-window", "5s", "--dedup-limit", "100000000"});
  with.name += ", window";
  three.name += ", window";
  const std::vector<Lineup> lineups{with, nodes_with(1, 1), nodes_with(3, 6), three};
  std::vector<Takes> takes(lineups.size());
  std::vector<double> ids, bytes;
  in_turn(plan, "dedup", lineups.size(), [&](std::size_t i) {
    Kept now;
    takes[i].add(take(plan, lineups[i], now));
    if (now.ids == 0) return;
    ids.push_back(now.ids);
    bytes.push_back(now.bytes / now.ids);
  });
  const auto compare = [&](const std::string& what, const Takes& ours, const Takes& theirs) {
    report.add({"window for ids, flat out, " + what, "without", at_least(0.6),
                ratio_of(ours.per_second, theirs.per_second), "",
                thousands(figure_of(ours.per_second).median) + " / " +
                    thousands(figure_of(theirs.per_second).median)});
    report.add({"window for ids, Redis CPU per message, " + what,
                "without",
                {},
                ratio_of(ours.server_microseconds, theirs.server_microseconds),
                "",
                fmt::format("{:.2f} / {:.2f} us", figure_of(ours.server_microseconds).median,
                            figure_of(theirs.server_microseconds).median)});
  };
  compare("1 x 1", takes[0], takes[1]);
  compare("3 x 2", takes[3], takes[2]);
  report.add({"window for ids, memory of Redis",
              "-",
              {},
              figure_of(bytes),
              "bytes per id of 36 characters",
              fmt::format("{:.0f} ids kept", figure_of(ids).median)});
  for (std::size_t i = 0; i < lineups.size(); ++i) {
    report.samples("window for ids, messages/s, " + lineups[i].name, takes[i].per_second);
    report.samples("window for ids, Redis us/message, " + lineups[i].name, takes[i].server_microseconds);
  }
}

}  // namespace tributary::bench
