// One of two nodes is killed with SIGKILL under load: how long until the other appends what was its.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <optional>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "cli/options/entry_id.hpp"
#include "core/base/text.hpp"

namespace tributary::bench {
namespace {

constexpr std::uint64_t kRate = 2000;
constexpr std::uint64_t kLeaseMs = 2000;  // the default
constexpr double kBefore = 0.7,
                 kAfter = 3.5;  // seconds of load, of which more are added while nothing was seen

/// What matters of an entry.
struct Appended {
  std::uint64_t at_ms = 0;  // by the server's clock
  std::string consumer;
  std::string view;
  std::uint64_t position = 0;
};

std::vector<Appended> read_stream(Team& team) {
  const auto reply = team.client().ask({"XRANGE", kStream, "-", "+"});
  if (!reply) throw Failure(reply.error().message);
  std::vector<Appended> entries;
  for (const auto& element : reply.value().elements) {
    Appended entry;
    entry.at_ms = cli::parse_entry_id(element.elements.at(0).text).value().ms;
    const auto& fields = element.elements.at(1).elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text == "consumer_id") entry.consumer = fields[i + 1].text;
      if (fields[i].text != "position") continue;
      const auto& text = fields[i + 1].text;
      const auto colon = text.rfind(':');
      entry.view = text.substr(0, colon);
      entry.position = to_number(std::string_view(text).substr(colon + 1)).value();
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

// From the last entry of the dead to the first entry, by the other, of a message that was the dead one's.
// With two nodes of one consumer each, the messages of a view take turns between them. Who of the two died is
// told by whose entries end first.
std::optional<double> gap_seconds(const std::vector<Appended>& entries) {
  std::map<std::string, const Appended*> last;
  for (const auto& entry : entries) last[entry.consumer] = &entry;
  if (last.size() < 2) return std::nullopt;
  const auto before = [](const auto& a, const auto& b) { return a.second->at_ms < b.second->at_ms; };
  const auto& dead = *std::ranges::min_element(last, before)->second;
  for (const auto& entry : entries) {
    if (entry.at_ms < dead.at_ms || entry.view != dead.view || entry.consumer == dead.consumer) continue;
    if (entry.position % 2 == dead.position % 2) return static_cast<double>(entry.at_ms - dead.at_ms) / 1000;
  }
  return std::nullopt;
}

double take_over(const Plan& plan) {
  Team team(plan.programs, nodes_with(2, 2));
  Publisher publisher(team);
  publisher.paced(kRate, static_cast<std::uint64_t>(kBefore * kRate));
  team.wait_until_appended(publisher.published());
  publisher.paced(kRate, kRate / 5);
  team.processes()[1].kill();
  publisher.paced(kRate, static_cast<std::uint64_t>(kAfter * kRate));
  team.wait_until_appended(publisher.published());
  const auto gap = gap_seconds(read_stream(team));
  if (!gap) throw Failure("take-over: no message of the dead node was appended by the other");
  return *gap;
}

}  // namespace

void measure_take_over(const Plan& plan, Report& report) {
  std::vector<double> gaps;
  in_turn(plan, "take-over", 1, [&](std::size_t) { gaps.push_back(take_over(plan)); });
  const auto lease = static_cast<double>(kLeaseMs) / 1000;
  report.add({"take-over after kill -9", "lease of 2 s", at_most(lease + 0.75), figure_of(gaps), "s",
              "last commit of the dead to first of its messages by another"});
  report.samples("take-over, s", gaps);
}

}  // namespace tributary::bench
