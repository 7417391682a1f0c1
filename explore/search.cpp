#include "explore/search.hpp"

#include <ctime>
#include <fstream>

#include "core/base/check.hpp"

namespace tributary::explore {
namespace {

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::uint64_t resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096 / (1 << 20);
}

/// The states visited, each once, with the way to it.
class Visited {
 public:
  Visited() : table_(1 << 16, kNone) {}

  /// False if it was known.
  bool add(const State& state, Id parent, const Step& step) {
    if (2 * states_.size() > table_.size()) grow();
    auto& place = table_[find(state)];
    if (place != kNone) return false;
    place = static_cast<Id>(states_.size());
    states_.push_back(state);
    ways_.push_back({parent, step});
    return true;
  }
  const State& operator[](std::size_t index) const { return states_[index]; }
  std::size_t size() const { return states_.size(); }
  std::vector<Step> way_to(std::size_t index) const {
    std::vector<Step> way;
    for (auto at = static_cast<Id>(index); ways_[at].parent != kNone; at = ways_[at].parent) {
      way.insert(way.begin(), ways_[at].step);
    }
    return way;
  }

 private:
  struct Way {
    Id parent;
    Step step;
  };

  std::size_t find(const State& state) const {
    const auto mask = table_.size() - 1;
    auto at = XXH3_64bits(&state, sizeof state) & mask;
    while (table_[at] != kNone && std::memcmp(&states_[table_[at]], &state, sizeof state) != 0)
      at = (at + 1) & mask;
    return at;
  }
  void grow() {
    table_.assign(table_.size() * 2, kNone);
    for (std::size_t i = 0; i < states_.size(); ++i) table_[find(states_[i])] = static_cast<Id>(i);
  }

  std::deque<State> states_;
  std::deque<Way> ways_;
  std::vector<Id> table_;
};

std::vector<std::string> tell(World& world, State state, const std::vector<Step>& way) {
  std::vector<std::string> story;
  world.narrate(&story);
  for (const auto& step : way) state = world.after(state, step);
  world.narrate(nullptr);
  return story;
}

}  // namespace

Findings search(World& world, const Limits& limits) {
  const auto started = processor_seconds();
  Findings findings;
  Visited visited;
  const auto initial = world.initial();
  visited.add(initial, kNone, {});
  std::vector<Step> possible;
  std::size_t layer_end = 1;
  const auto found = [&](std::size_t at, const Step* last) {
    findings.violation = world.violation();
    auto way = visited.way_to(at);
    if (last) way.push_back(*last);
    findings.steps = way.size();
    findings.story = tell(world, initial, way);
  };
  bool stopped = false;
  std::size_t at = 0;
  for (; at < visited.size() && findings.violation.empty(); ++at) {
    if (at == layer_end) {
      layer_end = visited.size();
      ++findings.depth;
    }
    if (at % 1024 == 0 &&
        (visited.size() >= limits.states || processor_seconds() - started >= limits.seconds ||
         resident_megabytes() >= limits.megabytes)) {
      stopped = true;
      break;
    }
    const State state = visited[at];
    world.steps(state, possible);
    if (!world.violation().empty()) {
      found(at, nullptr);
      break;
    }
    for (const auto& step : possible) {
      const auto next = world.after(state, step);
      if (!world.violation().empty()) {
        found(at, &step);
        break;
      }
      visited.add(next, static_cast<Id>(at), step);
    }
  }
  findings.exhausted = !stopped && findings.violation.empty();
  findings.states = visited.size();
  findings.members = world.parts().members.size();
  findings.servers = world.parts().servers.size();
  findings.seconds = processor_seconds() - started;
  return findings;
}

}  // namespace tributary::explore
