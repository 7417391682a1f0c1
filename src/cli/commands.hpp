#pragma once

#include <vector>

#include "cli/options/settings.hpp"
#include "cli/terminal/exit_code.hpp"
#include "core/base/result.hpp"

namespace tributary::cli {

// One function per command, each in the file of its name. They write their results to standard output and
// everything else to standard error, and give back the exit code, or the error that ended them. Those that take several groups
// get at least one.
Result<ExitCode> run_consume(const Settings& settings);
Result<ExitCode> run_agent(std::vector<Settings> groups);
Result<ExitCode> run_publish(const Settings& settings);
Result<ExitCode> run_status(const std::vector<Settings>& groups);
Result<ExitCode> run_scale(const Settings& settings);
Result<ExitCode> run_pause(const Settings& settings);
Result<ExitCode> run_forget(const Settings& settings);
Result<ExitCode> run_resume(const Settings& settings);
Result<ExitCode> run_stop(const Settings& settings);
Result<ExitCode> run_dead_list(const Settings& settings);
Result<ExitCode> run_dead_show(const Settings& settings);
Result<ExitCode> run_dead_retry(const Settings& settings);
Result<ExitCode> run_dead_drop(const Settings& settings);
Result<ExitCode> run_verify(const Settings& settings);
Result<ExitCode> run_bench(const Settings& settings);
Result<ExitCode> run_demo(const Settings& settings);

}  // namespace tributary::cli
