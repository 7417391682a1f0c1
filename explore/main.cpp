#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "explore/search.hpp"
#include "explore/worlds.hpp"

namespace {

using namespace tributary::explore;

constexpr char kUsage[] =
    "usage: tributary_explore [--world NAME]... [--all] [--states N] [--seconds S] [--megabytes M] [--list]\n"
    "  Visits every state of small worlds, nearest first; the short ones unless told otherwise. A violation is\n"
    "  printed with the shortest way to it.\n";

struct Options {
  std::vector<std::string> worlds;
  bool all = false, list = false;
  Limits limits;
};

bool read(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--all") {
      options.all = true;
    } else if (word == "--list") {
      options.list = true;
    } else if (i + 1 < count && word == "--world") {
      options.worlds.emplace_back(words[++i]);
    } else if (i + 1 < count && word == "--states") {
      options.limits.states = std::strtoull(words[++i], nullptr, 10);
    } else if (i + 1 < count && word == "--seconds") {
      options.limits.seconds = std::strtod(words[++i], nullptr);
    } else if (i + 1 < count && word == "--megabytes") {
      options.limits.megabytes = std::strtoull(words[++i], nullptr, 10);
    } else {
      return false;
    }
  }
  return true;
}

bool wanted(const WorldSettings& world, const Options& options) {
  if (options.worlds.empty()) return options.all || world.short_set;
  for (const auto& name : options.worlds) {
    if (name == world.name) return true;
  }
  return false;
}

bool explore(const WorldSettings& settings, const Limits& limits) {
  World world(settings, {});
  const auto found = search(world, limits);
  std::printf("%-28s %10llu states, %s %3zu steps, %6.1f s, %7.0f states/s (%llu nodes' states, %llu of data)  %s\n",
              settings.name.c_str(), static_cast<unsigned long long>(found.states),
              found.exhausted ? "all of them, the farthest" : "so far: all within", found.depth, found.seconds,
              static_cast<double>(found.states) / (found.seconds + 1e-9), static_cast<unsigned long long>(found.members),
              static_cast<unsigned long long>(found.servers), found.violation.empty() ? "ok" : "VIOLATION");
  if (!found.violation.empty()) {
    std::printf("  %s\n  after %zu steps:\n", found.violation.c_str(), found.steps);
    for (const auto& line : found.story) std::printf("    %s\n", line.c_str());
  }
  std::fflush(stdout);
  return found.violation.empty();
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!read(count, words, options)) {
    std::fputs(kUsage, stderr);
    return 64;
  }
  int passed = 0, failed = 0;
  for (const auto& world : all_worlds()) {
    if (options.list) {
      std::printf("%-28s %s%s\n", world.name.c_str(), world.about.c_str(), world.short_set ? "" : " (large)");
    } else if (wanted(world, options)) {
      ++(explore(world, options.limits) ? passed : failed);
    }
  }
  if (options.list) return 0;
  if (passed + failed == 0) {
    std::fputs("tributary_explore: there is no such world; --list names them\n", stderr);
    return 64;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
