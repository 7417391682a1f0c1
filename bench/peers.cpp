// Beside bridges that people write by hand, in Python and JavaScript, where what they need is installed.
#include <fmt/format.h>

#include <cstdlib>

#include "bench/measures.hpp"

namespace tributary::bench {
namespace {

struct Peer {
  std::string name;
  std::string check;  ///< a shell command that succeeds where it can run
  Lineup lineup;
};

std::vector<Peer> peers() {
  const std::string directory = TRIBUTARY_BENCH_PEERS;
  const auto quiet = [](const std::string& command) { return command + " >/dev/null 2>&1"; };
  return {{"Python, redis-py with hiredis", quiet("/usr/bin/python3 -c 'import redis, hiredis'"),
           peer("Python", {"/usr/bin/python3", directory + "/bridge.py"})},
          {"JavaScript, node-redis", quiet("NODE_PATH=/usr/share/nodejs node -e \"require('redis')\""),
           peer("JavaScript",
                {"/usr/bin/env", "NODE_PATH=/usr/share/nodejs", "node", directory + "/bridge.js"})}};
}

}  // namespace

void measure_peers(const Plan& plan, Report& report) {
  std::vector<Lineup> lineups{nodes_with(1, 1)};
  std::vector<Takes> takes(1);
  std::vector<std::string> names;
  for (const auto& peer : peers()) {
    if (std::system(peer.check.c_str()) != 0) {
      progress("peers: left out, not installed here: " + peer.name);
      continue;
    }
    lineups.push_back(peer.lineup);
    names.push_back(peer.name);
  }
  if (names.empty()) return;
  takes.resize(lineups.size());
  in_turn(plan, "peers", lineups.size(), [&](std::size_t i) {
    takes[i].add(carry(plan, lineups[i], plan.messages(i == 0 ? 500'000 : 50'000)));
  });
  const auto& ours = takes[0];
  for (std::size_t i = 1; i < lineups.size(); ++i) {
    report.add({"flat out, 1 node x 1 consumer",
                names[i - 1],
                {},
                ratio_of(ours.per_second, takes[i].per_second),
                "",
                thousands(figure_of(ours.per_second).median) + " / " +
                    thousands(figure_of(takes[i].per_second).median)});
    report.add({"CPU per message, 1 x 1",
                names[i - 1],
                {},
                ratio_of(ours.own_microseconds, takes[i].own_microseconds),
                "",
                fmt::format("{:.2f} / {:.1f} us", figure_of(ours.own_microseconds).median,
                            figure_of(takes[i].own_microseconds).median)});
    report.samples("peers, messages/s, " + names[i - 1], takes[i].per_second);
  }
  report.samples("peers, messages/s, 1 x 1", ours.per_second);
}

}  // namespace tributary::bench
