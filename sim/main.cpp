#include <cstdio>
#include <cstdlib>
#include <string>

#include "sim/runner.hpp"

namespace {

constexpr char kUsage[] =
    "usage: tributary_sim [--seeds N] [--first S] [--seed S] [--faults NAME,...] [--keyed] [--jobs N] "
    "[--trace]\n"
    "  --seeds N     run N seeds (default 1000)\n"
    "  --first S     beginning with this one (default 1)\n"
    "  --seed S      run this one only, and print how it went\n"
    "  --faults ...  only these kinds of fault, instead of those that the seed chooses\n"
    "  --keyed       all worlds are in order by key, not only every fourth\n"
    "  --break NAME  a deliberately broken variant, which must be caught (see --list)\n"
    "  --write DIR   with --break: only write the scripts, with their mistake, into DIR\n"
    "  --until-caught  stop at the first failure, which is wanted\n"
    "  --jobs N      processes (default: the number of cores)\n"
    "  --trace       with --seed: print everything that happens\n"
    "  --list        the kinds of fault, and the broken variants\n";

}  // namespace

int main(int count, char** words) {
  tributary::sim::RunnerSettings settings;
  for (int i = 1; i < count; ++i) {
    const std::string flag = words[i];
    const auto value = [&]() -> std::string {
      if (i + 1 < count) return words[++i];
      std::fprintf(stderr, "sim: %s needs a value\n%s", flag.c_str(), kUsage);
      std::exit(64);
    };
    if (flag == "--seeds") {
      settings.seeds = std::strtoull(value().c_str(), nullptr, 10);
    } else if (flag == "--first") {
      settings.first = std::strtoull(value().c_str(), nullptr, 10);
    } else if (flag == "--seed") {
      settings.first = std::strtoull(value().c_str(), nullptr, 10);
      settings.single = true;
    } else if (flag == "--faults") {
      settings.faults = value();
    } else if (flag == "--break") {
      settings.broken = value();
    } else if (flag == "--write") {
      settings.write_to = value();
    } else if (flag == "--jobs") {
      settings.jobs = std::atoi(value().c_str());
    } else if (flag == "--keyed") {
      settings.keyed = true;
    } else if (flag == "--trace") {
      settings.loud = true;
    } else if (flag == "--until-caught") {
      settings.until_caught = true;
    } else if (flag == "--list") {
      tributary::sim::print_lists();
      return 0;
    } else {
      std::fprintf(stderr, "sim: unknown flag '%s'\n%s", flag.c_str(), kUsage);
      return 64;
    }
  }
  if (!settings.write_to.empty()) return tributary::sim::write_scripts(settings);
  return tributary::sim::run_all(settings);
}
