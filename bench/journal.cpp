// What it costs to keep the journal in files, on the disk that the programs lie on.
#include <fmt/format.h>

#include <filesystem>

#include "bench/measures.hpp"

namespace tributary::bench {

void measure_journal(const Plan& plan, Report& report) {
  const auto directory = std::filesystem::path(plan.programs.tributary).parent_path() / "bench-journal";
  const std::vector<Lineup> lineups{nodes_with(1, 1, {"--journal-dir", directory.string()}),
                                    nodes_with(1, 1)};
  for (const std::size_t size : {0, 1000}) {
    const auto payload = size == 0 ? std::string("the smallest messages") : fmt::format("{} bytes", size);
    std::vector<Takes> takes(lineups.size());
    const auto count = plan.messages(size == 0 ? 2'000'000 : 1'000'000);
    in_turn(plan, "journal", lineups.size(), [&](std::size_t i) {
      std::filesystem::remove_all(
          directory);  // what another server's messages left is not to be committed to this one
      takes[i].add(carry(plan, lineups[i], count, size));
    });
    report.add({"flat out with --journal-dir, " + payload, "in memory", at_least(0.95),
                ratio_of(takes[0].per_second, takes[1].per_second), "",
                thousands(figure_of(takes[0].per_second).median) + " / " +
                    thousands(figure_of(takes[1].per_second).median)});
    report.add({"node CPU per message with --journal-dir, " + payload,
                "in memory",
                {},
                ratio_of(takes[0].own_microseconds, takes[1].own_microseconds),
                "",
                fmt::format("{:.2f} / {:.2f} us", figure_of(takes[0].own_microseconds).median,
                            figure_of(takes[1].own_microseconds).median)});
    report.samples("journal, messages/s, " + payload + ", in files", takes[0].per_second);
    report.samples("journal, messages/s, " + payload + ", in memory", takes[1].per_second);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace tributary::bench
