// What the journal adds to each payload, and what a node needs in steady state.
#include <fmt/format.h>

#include <fstream>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "core/journal/journal.hpp"

namespace tributary::bench {
namespace {

constexpr std::uint64_t kRate = 100'000;
constexpr double kSeconds = 9;  // beyond the replay window of 5 s, after which messages are forgotten

double journal_overhead(std::uint64_t messages) {
  const std::string payload = R"({"message_id":"6f1c2a7e-90d4-4b3a-8c55-000000000000"})";
  journal::Journal journal(std::vector<std::uint32_t>(10, 1));
  for (std::uint64_t i = 0; i < messages; ++i) journal.append(payload);
  return (static_cast<double>(journal.bytes()) - static_cast<double>(messages * payload.size())) /
         static_cast<double>(messages);
}

// MiB, from a line "VmRSS:    12345 kB".
double status_megabytes(pid_t pid, const std::string& name) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  throw Failure("no " + name + " of the node in /proc");
}

}  // namespace

double resident_megabytes(pid_t pid) { return status_megabytes(pid, "VmRSS"); }

void measure_memory(const Plan& plan, Report& report) {
  progress("memory");
  const auto overhead = journal_overhead(plan.messages(1'000'000));
  report.add({"journal, beyond the payload",
              "-",
              at_most(24),
              {overhead, overhead, overhead},
              "bytes per message",
              ""});
  Team team(plan.programs, nodes_with(1, 1));
  Publisher publisher(team);
  const auto count = static_cast<std::uint64_t>(plan.seconds(kSeconds) * static_cast<double>(kRate));
  publisher.paced(kRate, count);
  team.wait_until_appended(count);
  const auto now = resident_megabytes(team.processes()[0].pid());
  const auto peak = status_megabytes(team.processes()[0].pid(), "VmHWM");
  report.add({"node's memory at 100,000/s",
              "-",
              at_most(100),
              {now, now, now},
              "MiB",
              fmt::format("resident after {:g} s; peak {:.0f} MiB", plan.seconds(kSeconds), peak)});
}

}  // namespace tributary::bench
