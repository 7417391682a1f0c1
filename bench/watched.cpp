// What it costs to be watched: a node that is asked for its metrics each second, beside one that answers nobody.
#include <fmt/format.h>
#include <unistd.h>

#include "bench/measures.hpp"

namespace tributary::bench {

void measure_watched(const Plan& plan, Report& report) {
  auto watched = nodes_with(1, 1);
  watched.name += ", scraped";
  watched.scraped = fmt::format("/tmp/tributary-bench-{}.sock", ::getpid());
  watched.flags = {"--http", "unix:" + watched.scraped};
  const std::vector<Lineup> lineups{watched, nodes_with(1, 1)};
  std::vector<Takes> takes(lineups.size());
  const auto count = plan.messages(3'000'000);
  in_turn(plan, "watched", lineups.size(),
          [&](std::size_t i) { takes[i].add(carry(plan, lineups[i], count)); });
  const auto compare = [&](const std::string& what, const Target& target, const std::vector<double>& ours,
                           const std::vector<double>& theirs, const std::string& absolute) {
    report.add({what + ", scraped each second", "not watched", target, ratio_of(ours, theirs), "", absolute});
  };
  const auto medians = [](const auto& ours, const auto& theirs, const char* format) {
    return fmt::format(fmt::runtime(format), figure_of(ours).median, figure_of(theirs).median);
  };
  compare("flat out, 1 node x 1 consumer", at_least(0.99), takes[0].per_second, takes[1].per_second,
          medians(takes[0].per_second, takes[1].per_second, "{:.0f} / {:.0f} messages/s"));
  compare("node CPU per message", {}, takes[0].own_microseconds, takes[1].own_microseconds,
          medians(takes[0].own_microseconds, takes[1].own_microseconds, "{:.3f} / {:.3f} us"));
  compare("Redis CPU per message", {}, takes[0].server_microseconds, takes[1].server_microseconds,
          medians(takes[0].server_microseconds, takes[1].server_microseconds, "{:.3f} / {:.3f} us"));
  for (std::size_t i = 0; i < lineups.size(); ++i) {
    report.samples("watched, messages/s, " + lineups[i].name, takes[i].per_second);
    report.samples("watched, own us/message, " + lineups[i].name, takes[i].own_microseconds);
  }
}

}  // namespace tributary::bench
