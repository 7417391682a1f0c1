#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/report.hpp"
#include "bench/team.hpp"

namespace tributary::bench {

/// How much is measured.
struct Plan {
  Programs programs;
  int pairs = 7;          ///< takes of each line-up; those that are compared follow each other
  bool is_short = false;  ///< only to see that it works: hardly any messages
  double soak_minutes = 30;

  /// A number of messages, or of seconds, as the full run has them; a small part of it in a short run.
  std::uint64_t messages(std::uint64_t full) const { return is_short ? full / 50 + 100 : full; }
  double seconds(double full) const { return is_short ? full / 5 : full; }
};

/// Says on standard error what goes on.
void progress(const std::string& what);

/// What carrying messages as fast as it goes came to.
struct Take {
  double per_second = 0;
  double server_microseconds = 0;  ///< CPU for each message
  double own_microseconds = 0;     ///< of the line-up's processes
};
Take carry(const Plan& plan, const Lineup& lineup, std::uint64_t count, std::size_t size = 0);

/// The takes of one line-up, in the order of the pairs.
struct Takes {
  std::vector<double> per_second, server_microseconds, own_microseconds;
  void add(const Take& take);
};

/// Calls take(i) for each i below `count`, again for each pair; every other time backwards, so that what
/// changes slowly on the machine falls on all alike.
void in_turn(const Plan& plan, const std::string& what, std::size_t count,
             const std::function<void(std::size_t)>& take);

/// What a process has in memory, MiB. Throws Failure if there is none.
double resident_megabytes(pid_t pid);

std::string thousands(double per_second);  ///< "512k/s"

// The measures, each in a file of its own.
void measure_flat_out(const Plan& plan, Report& report);
void measure_tls(const Plan& plan, Report& report);
void measure_tcp(const Plan& plan, Report& report);
void measure_cluster(const Plan& plan, Report& report);
void measure_peers(const Plan& plan, Report& report);
void measure_soak(const Plan& plan, Report& report);
void measure_lock(const Plan& plan, Report& report);
void measure_work_bound(const Plan& plan, Report& report);
void measure_latency(const Plan& plan, Report& report);
void measure_journal(const Plan& plan, Report& report);
void measure_keys(const Plan& plan, Report& report);
void measure_take_over(const Plan& plan, Report& report);
void measure_payloads(const Plan& plan, Report& report);
void measure_memory(const Plan& plan, Report& report);
void measure_groups(const Plan& plan, Report& report);
void measure_watched(const Plan& plan, Report& report);
void measure_dedup(const Plan& plan, Report& report);
void measure_processors(const Plan& plan, Report& report);

}  // namespace tributary::bench
