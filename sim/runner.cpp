#include "sim/runner.hpp"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include "core/base/check.hpp"
#include "sim/broken.hpp"
#include "sim/check/truth.hpp"
#include "sim/world/world.hpp"

namespace tributary::sim {
namespace {

constexpr int kMostJobs = 64;

// What the processes have in common: each has one of these in shared memory, so that it outlives its writer.
struct Progress {
  std::uint64_t current = 0;  // seed under way; 0: none
  std::uint64_t next = 0;     // seed to begin with
  std::uint64_t passed = 0, failed = 0, events = 0, scripts = 0, messages = 0, appended = 0, views = 0;
  TimeMs simulated_ms = 0, quiet_ms = 0, left_ms = 0;
  FaultCounts faults{};
};

std::vector<Fault> parse_faults(const std::string& names) {
  std::vector<Fault> faults;
  if (names.empty()) return faults;
  for (const auto& name : words_of(names, ',')) {
    const auto fault = fault_named(name);
    if (!fault) {
      std::fprintf(stderr, "sim: there is no fault '%s'; --list shows them\n", name.c_str());
      std::exit(64);
    }
    faults.push_back(*fault);
  }
  return faults;
}

std::vector<Scripts::Change> changes_of(const std::string& broken) {
  if (broken.empty()) return {};
  for (const auto& variant : broken_variants()) {
    if (broken == variant.name) return variant.changes;
  }
  std::fprintf(stderr, "sim: there is no broken variant '%s'; --list shows them\n", broken.c_str());
  std::exit(64);
}

std::string replay_command(const RunnerSettings& settings, std::uint64_t seed) {
  return "./dev sim --seed " + std::to_string(seed) +
         (settings.faults.empty() ? "" : " --faults " + settings.faults) +
         (settings.keyed ? " --keyed" : "") + (settings.broken.empty() ? "" : " --break " + settings.broken);
}

void print_failure(const RunnerSettings& settings, std::uint64_t seed, const Outcome& outcome) {
  std::string text =
      "\nFAIL seed " + std::to_string(seed) + ": " + outcome.violation + "\n  " + outcome.scenario + "\n";
  for (const auto& line : outcome.trace) text += "  " + line + "\n";
  text += "  replay: " + replay_command(settings, seed) + "\n";
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_caught(const RunnerSettings& settings, const Progress& progress, const std::string& violation) {
  std::printf("caught at seed %llu, after %llu: %s\n", static_cast<unsigned long long>(progress.current),
              static_cast<unsigned long long>(progress.current - settings.first + 1), violation.c_str());
  std::fflush(stdout);
}

void run_seeds(const RunnerSettings& settings, Progress& progress, std::uint64_t stride) {
  Scripts scripts(changes_of(settings.broken));
  RunSettings run;
  run.faults = parse_faults(settings.faults);
  run.keyed = settings.keyed;
  for (; progress.next < settings.first + settings.seeds; progress.next += stride) {
    run.seed = progress.current = progress.next;
    run.traced = false;
    auto outcome = World(scripts, run).run();
    if (outcome.violation.empty()) {
      ++progress.passed;
    } else {
      ++progress.failed;
      if (settings.until_caught) return print_caught(settings, progress, outcome.violation);
      run.traced = true;  // the same once more, now with a record
      outcome = World(scripts, run).run();
      print_failure(settings, run.seed, outcome);
    }
    progress.events += outcome.events;
    progress.scripts += outcome.scripts;
    progress.messages += outcome.messages;
    progress.appended += outcome.appended;
    progress.views += outcome.views;
    progress.simulated_ms += outcome.simulated_ms;
    progress.quiet_ms = std::max(progress.quiet_ms, outcome.quiet_ms);
    progress.left_ms = std::max(progress.left_ms, outcome.left_ms);
    for (std::size_t i = 0; i < kFaultKinds; ++i) progress.faults[i] += outcome.faults[i];
    scripts.engine().collect_garbage();
  }
  progress.current = 0;
}

int run_single(const RunnerSettings& settings) {
  Scripts scripts(changes_of(settings.broken));
  RunSettings run;
  run.seed = settings.first;
  run.faults = parse_faults(settings.faults);
  run.keyed = settings.keyed;
  run.traced = true;
  run.loud = settings.loud;
  const auto outcome = World(scripts, run).run();
  if (!outcome.violation.empty()) {
    print_failure(settings, run.seed, outcome);
  } else {
    std::printf(
        "seed %llu: %s\n  %llu messages, %llu appended, %llu views, %llu events, %llu scripts, %.1f s\n",
        static_cast<unsigned long long>(run.seed), outcome.scenario.c_str(),
        static_cast<unsigned long long>(outcome.messages), static_cast<unsigned long long>(outcome.appended),
        static_cast<unsigned long long>(outcome.views), static_cast<unsigned long long>(outcome.events),
        static_cast<unsigned long long>(outcome.scripts), static_cast<double>(outcome.simulated_ms) / 1000);
  }
  std::printf("%d passed, %d failed\n", outcome.violation.empty() ? 1 : 0, outcome.violation.empty() ? 0 : 1);
  return outcome.violation.empty() ? 0 : 1;
}

pid_t start_job(const RunnerSettings& settings, Progress& progress, int jobs) {
  const pid_t child = fork();
  TRIBUTARY_CHECK(child >= 0);
  if (child > 0) return child;
  run_seeds(settings, progress, static_cast<std::uint64_t>(jobs));
  std::fflush(stdout);
  _exit(0);
}

void print_totals(const Progress* all, int jobs, double seconds) {
  Progress sum;
  for (int i = 0; i < jobs; ++i) {
    const auto& one = all[i];
    sum.passed += one.passed;
    sum.failed += one.failed;
    sum.events += one.events;
    sum.scripts += one.scripts;
    sum.messages += one.messages;
    sum.appended += one.appended;
    sum.views += one.views;
    sum.simulated_ms += one.simulated_ms;
    sum.quiet_ms = std::max(sum.quiet_ms, one.quiet_ms);
    sum.left_ms = std::max(sum.left_ms, one.left_ms);
    for (std::size_t k = 0; k < kFaultKinds; ++k) sum.faults[k] += one.faults[k];
  }
  std::printf(
      "\n%llu seeds, %.0f s simulated, %llu events, %llu scripts, %llu views, %llu messages, %llu appended\n",
      static_cast<unsigned long long>(sum.passed + sum.failed), static_cast<double>(sum.simulated_ms) / 1000,
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.scripts),
      static_cast<unsigned long long>(sum.views), static_cast<unsigned long long>(sum.messages),
      static_cast<unsigned long long>(sum.appended));
  std::printf("longest until quiet after the faults: %.1f s; until all had left: %.1f s\n",
              static_cast<double>(sum.quiet_ms) / 1000, static_cast<double>(sum.left_ms) / 1000);
  std::printf("faults:");
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    const auto name = kind_of(static_cast<Fault>(k)).name;
    if (sum.faults[k] > 0) {
      std::printf(" %.*s %llu", static_cast<int>(name.size()), name.data(),
                  static_cast<unsigned long long>(sum.faults[k]));
    }
  }
  std::printf("\ntook %.1f s in %d processes\n%llu passed, %llu failed\n", seconds, jobs,
              static_cast<unsigned long long>(sum.passed), static_cast<unsigned long long>(sum.failed));
}

}  // namespace

int run_all(const RunnerSettings& settings) {
  parse_faults(settings.faults);
  changes_of(settings.broken);
  if (settings.single) return run_single(settings);
  int jobs = settings.until_caught ? 1
             : settings.jobs > 0   ? settings.jobs
                                   : static_cast<int>(std::thread::hardware_concurrency());
  jobs = std::min(std::max(jobs, 1), kMostJobs);
  void* memory =
      mmap(nullptr, sizeof(Progress) * kMostJobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  TRIBUTARY_CHECK(memory != MAP_FAILED);
  auto* progress = static_cast<Progress*>(memory);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<pid_t> running(static_cast<std::size_t>(jobs));
  for (int i = 0; i < jobs; ++i) {
    progress[i] = Progress{};
    progress[i].next = settings.first + static_cast<std::uint64_t>(i);
    running[static_cast<std::size_t>(i)] = start_job(settings, progress[i], jobs);
  }
  for (int left = jobs; left > 0;) {
    int status = 0;
    const pid_t ended = wait(&status);
    for (int i = 0; i < jobs; ++i) {
      if (running[static_cast<std::size_t>(i)] != ended) continue;
      --left;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
      if (settings.until_caught) {
        print_caught(settings, progress[i], "the core stops the program");
        return 0;
      }
      std::printf("\nFAIL seed %llu: the program was stopped (status %d)\n  replay: %s\n",
                  static_cast<unsigned long long>(progress[i].current), status,
                  replay_command(settings, progress[i].current).c_str());
      ++progress[i].failed;
      progress[i].next += static_cast<std::uint64_t>(jobs);
      std::fflush(stdout);
      running[static_cast<std::size_t>(i)] = start_job(settings, progress[i], jobs);
      ++left;
    }
  }
  if (settings.until_caught) {
    if (progress[0].failed > 0) return 0;
    std::printf("NOT caught in %llu seeds\n", static_cast<unsigned long long>(settings.seeds));
    return 1;
  }
  print_totals(progress, jobs,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  std::uint64_t failed = 0;
  for (int i = 0; i < jobs; ++i) failed += progress[i].failed;
  return failed == 0 ? 0 : 1;
}

int write_scripts(const RunnerSettings& settings) {
  const auto texts = Scripts::texts(changes_of(settings.broken));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto path = settings.write_to + "/" + name_of(static_cast<group::Script>(i)) + ".lua";
    std::ofstream file(path);
    if (!(file << texts[i]).flush()) {
      std::fprintf(stderr, "sim: cannot write %s\n", path.c_str());
      return 73;
    }
  }
  return 0;
}

void print_lists() {
  std::puts("faults:");
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    const auto name = kind_of(static_cast<Fault>(i)).name;
    std::printf("  %.*s\n", static_cast<int>(name.size()), name.data());
  }
  std::puts("broken variants:");
  for (const auto& variant : broken_variants()) std::printf("  %-28s %s\n", variant.name, variant.what);
}

}  // namespace tributary::sim
