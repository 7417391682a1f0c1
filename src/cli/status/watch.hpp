#pragma once

#include <deque>
#include <string>
#include <vector>

#include "cli/options/settings.hpp"
#include "cli/status/status_text.hpp"
#include "cli/terminal/exit_code.hpp"

namespace tributary::cli {

/// The rates of the last readings, oldest first; those that are not known are 0.
class RateHistory {
 public:
  void add(std::optional<double> rate);
  /// One sign for each of the last `width` readings, the highest of them as a full one.
  std::string sparkline(std::size_t width) const;
  double highest(std::size_t width) const;

 private:
  std::deque<double> rates_;  // bounded
};

/// What stands on the screen: at most `height` lines of at most `width` signs each, without control
/// sequences. `trouble` is why there is nothing newer, or empty. Pure.
std::vector<std::string> draw_watch(const StatusReport& report, const RateHistory& history, int width,
                                    int height, const std::string& trouble);

/// `status --watch`: on a terminal that is not dumb the whole screen, else a line for each look (with --json an object). Until
/// q, Ctrl-C or SIGTERM. A server that is away is waited for, but for the first look.
Result<ExitCode> run_watch(const Settings& settings);

}  // namespace tributary::cli
