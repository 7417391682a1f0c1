// Order per key: what it costs, and how long messages of a key wait when the key changes hands.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "cli/options/entry_id.hpp"

namespace tributary::bench {
namespace {

const std::vector<std::string> kById = {"--order-key", "message_id"};  // as many keys as messages
const std::vector<std::string> kByKey = {"--order-key", "key"};
constexpr std::uint64_t kRate = 4000, kKeys = 100;  // each key every 25 ms
constexpr double kBefore = 1, kAfter = 4;           // seconds of load
constexpr double kLeaseMs = 2000;                   // the default

/// The longest time between two entries of one key, for each key, ms, in ascending order.
std::vector<double> longest_gaps(Team& team) {
  const auto reply = team.client().ask({"XRANGE", kStream, "-", "+"});
  if (!reply) throw Failure(reply.error().message);
  std::map<std::string, std::pair<std::uint64_t, double>> keys;  // last entry, longest gap
  for (const auto& element : reply.value().elements) {
    const auto at = cli::parse_entry_id(element.elements.at(0).text).value().ms;
    const auto& fields = element.elements.at(1).elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text != "key") continue;
      auto& [last, longest] = keys.try_emplace(fields[i + 1].text, at, 0).first->second;
      longest = std::max(longest, static_cast<double>(at - last));
      last = at;
    }
  }
  std::vector<double> gaps;
  for (const auto& [key, times] : keys) gaps.push_back(times.second);
  std::ranges::sort(gaps);
  return gaps;
}

std::vector<double> gaps_around(const Plan& plan, int nodes, const std::function<void(Team&)>& event) {
  Team team(plan.programs, nodes_with(nodes, nodes, kByKey));
  Publisher publisher(team, message_with(R"(,"key":"0000")"), kKeys);
  const auto publish = [&](double seconds) {
    publisher.paced(kRate, static_cast<std::uint64_t>(plan.seconds(seconds) * static_cast<double>(kRate)));
  };
  publish(kBefore);
  event(team);
  publish(kAfter);
  team.wait_until_appended(publisher.published());
  return longest_gaps(team);
}

void measure_waits(const Plan& plan, Report& report) {
  std::vector<double> others, dead, joined;
  in_turn(plan, "keys that change hands", 2, [&](std::size_t i) {
    if (i == 0) {
      const auto gaps = gaps_around(plan, 4, [](Team& team) { team.processes()[3].kill(); });
      const auto first = std::ranges::lower_bound(gaps, kLeaseMs / 2);  // of the dead one's keys
      others.push_back(first == gaps.begin() ? 0 : *std::prev(first));
      dead.push_back(gaps.back());
    } else {
      joined.push_back(gaps_around(plan, 3, [&](Team& team) { team.add_node(plan.programs); }).back());
    }
  });
  const auto add = [&](const std::string& measure, const Target& target, const std::vector<double>& values) {
    report.add({measure, fmt::format("a message of each key every {} ms", 1000 * kKeys / kRate), target,
                figure_of(values), "ms", "longest time between two entries of a key"});
    report.samples(measure + ", ms", values);
  };
  add("keys, a node joins three: the longest wait of any key", at_most(250), joined);
  add("keys, one of four nodes is killed: its keys", at_most(kLeaseMs + 750), dead);
  add("keys, one of four nodes is killed: all other keys", at_most(250), others);
}

}  // namespace

void measure_keys(const Plan& plan, Report& report) {
  const std::vector<Lineup> lineups{nodes_with(1, 1, kById), nodes_with(1, 1), nodes_with(3, 6),
                                    nodes_with(3, 6, kById)};
  std::vector<Takes> takes(lineups.size());
  const auto count = plan.messages(1'000'000);
  in_turn(plan, "keys", lineups.size(), [&](std::size_t i) { takes[i].add(carry(plan, lineups[i], count)); });
  const auto compare = [&](const std::string& who, const Target& target, const Takes& with,
                           const Takes& without) {
    report.add({"flat out with an order key, " + who, "without", target,
                ratio_of(with.per_second, without.per_second), "",
                thousands(figure_of(with.per_second).median) + " / " +
                    thousands(figure_of(without.per_second).median)});
    report.add({"node CPU per message with an order key, " + who,
                "without",
                {},
                ratio_of(with.own_microseconds, without.own_microseconds),
                "",
                fmt::format("{:.2f} / {:.2f} us", figure_of(with.own_microseconds).median,
                            figure_of(without.own_microseconds).median)});
    report.samples("keys, messages/s, " + who + ", with", with.per_second);
    report.samples("keys, messages/s, " + who + ", without", without.per_second);
  };
  compare("1 node x 1 consumer", at_least(0.9), takes[0], takes[1]);
  compare("3 nodes x 2 consumers", at_least(0.85), takes[3], takes[2]);
  measure_waits(plan, report);
}

}  // namespace tributary::bench
