#pragma once

#include <cstdint>
#include <string>

namespace tributary::sim {

struct RunnerSettings {
  std::uint64_t first = 1, seeds = 1000;
  bool single = false;
  bool loud = false;
  bool keyed = false;         ///< all worlds are in order by key
  bool until_caught = false;  ///< stop at the first failure, say it in one line, and call that success
  std::string faults;         ///< names by comma; empty: as each seed has it
  std::string broken;         ///< name of a broken variant; empty: none
  std::string write_to;       ///< directory for the scripts of write_scripts()
  int jobs = 0;               ///< 0: one for each core
};

/// Runs the seeds in several processes, so that a broken invariant that stops the program costs one seed, not
/// all. Prints failures as they come, then the totals. Gives the exit status.
int run_all(const RunnerSettings& settings);

/// Writes the scripts, with the mistake of the broken variant, as <name>.lua. Gives the exit status.
int write_scripts(const RunnerSettings& settings);

void print_lists();

}  // namespace tributary::sim
