#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "explore/search.hpp"
#include "explore/worlds.hpp"
#include "sim/broken.hpp"

namespace {

using namespace tributary::explore;

constexpr char kUsage[] =
    "usage: tributary_explore [--world NAME]... [--all] [--states N] [--seconds S] [--megabytes M] [--list]\n"
    "                         [--until-caught [--break NAME]]\n"
    "  Visits every state of small worlds, nearest first; the short ones unless told otherwise. A violation "
    "is\n"
    "  printed with the shortest way to it.\n"
    "  --until-caught  stop at the first violation, which is wanted; with --break, of a script with a "
    "mistake in it\n";

struct Options {
  std::vector<std::string> worlds;
  std::string broken;
  bool all = false, list = false, until_caught = false;
  Limits limits;
};

bool read(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--all") {
      options.all = true;
    } else if (word == "--list") {
      options.list = true;
    } else if (word == "--until-caught") {
      options.until_caught = true;
    } else if (i + 1 < count && word == "--break") {
      options.broken = words[++i];
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

Findings explore(const WorldSettings& settings, const std::vector<tributary::sim::Scripts::Change>& changes,
                 const Limits& limits) {
  World world(settings, changes);
  return search(world, limits);
}

void print(const std::string& name, const Findings& found) {
  std::printf("%-28s %9llu states, %s %3zu steps away, %6.1f s  (%llu of nodes, %llu of data)%s\n",
              name.c_str(), static_cast<unsigned long long>(found.states),
              found.exhausted ? "all, the farthest" : "not all: up to   ", found.depth, found.seconds,
              static_cast<unsigned long long>(found.members), static_cast<unsigned long long>(found.servers),
              found.violation.empty() ? "" : "  VIOLATION");
}

void print_way(const Findings& found) {
  std::printf("  %s\n  after %zu steps:\n", found.violation.c_str(), found.steps);
  for (const auto& line : found.story) std::printf("    %s\n", line.c_str());
}

struct Count {
  int passed = 0, failed = 0;
  void add(bool ok) { ++(ok ? passed : failed); }
};

// A mistake must be found in one of the worlds; the first that finds it is enough.
bool caught(const std::vector<tributary::sim::Scripts::Change>& changes, const Options& options) {
  std::uint64_t states = 0;
  double seconds = 0;
  for (const auto& world : all_worlds()) {
    if (!wanted(world, options)) continue;
    const auto found = explore(world, changes, options.limits);
    states += found.states;
    seconds += found.seconds;
    if (found.violation.empty()) continue;
    std::printf("caught in world %s, %zu steps away, after %llu states and %.1f s: %s\n", world.name.c_str(),
                found.steps, static_cast<unsigned long long>(states), seconds, found.violation.c_str());
    return true;
  }
  std::printf("NOT caught in %llu states, %.1f s\n", static_cast<unsigned long long>(states), seconds);
  return false;
}

int run_control(const Options& options) {
  if (options.broken.empty()) return caught({}, options) ? 0 : 1;
  for (const auto& variant : tributary::sim::broken_variants()) {
    if (variant.name == options.broken) return caught(variant.changes, options) ? 0 : 1;
  }
  std::fprintf(stderr, "explore: there is no broken variant '%s'\n", options.broken.c_str());
  return 64;
}

void run_worlds(const Options& options, Count& count) {
  for (const auto& world : all_worlds()) {
    if (!wanted(world, options)) continue;
    const auto found = explore(world, {}, options.limits);
    print(world.name, found);
    if (!found.violation.empty()) print_way(found);
    std::fflush(stdout);
    count.add(found.violation.empty());
  }
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!read(count, words, options)) {
    std::fputs(kUsage, stderr);
    return 64;
  }
  if (options.list) {
    for (const auto& world : all_worlds()) {
      std::printf("%-28s %s%s\n", world.name.c_str(), world.about.c_str(), world.short_set ? "" : " (large)");
    }
    return 0;
  }
  if (options.until_caught) return run_control(options);
  Count counted;
  run_worlds(options, counted);
  if (counted.passed + counted.failed == 0) {
    std::fputs("tributary_explore: there is no such world; --list names them\n", stderr);
    return 64;
  }
  std::printf("%d passed, %d failed\n", counted.passed, counted.failed);
  return counted.failed == 0 ? 0 : 1;
}
