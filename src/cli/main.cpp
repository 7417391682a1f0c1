#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include "cli/commands.hpp"
#include "cli/options/options.hpp"
#include "cli/options/parse.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/exit_code.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/output.hpp"

namespace {

using namespace tributary;

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Results that nobody can read are no success. The exit code of what went wrong before counts.
int end(const Result<cli::ExitCode>& result) {
  const auto written = cli::flush_output();
  if (!result) return cli::tell_error(result.error());
  const int unwritten = written ? 0 : cli::tell_error(written.error());
  return result.value() == cli::ExitCode::ok ? unwritten : static_cast<int>(result.value());
}

Result<cli::ExitCode> run(const cli::Invocation& invocation) {
  const auto& settings = invocation.settings();
  switch (invocation.command) {
    case cli::Command::consume:
      return cli::run_consume(settings);
    case cli::Command::agent:
      return cli::run_agent(invocation.groups);
    case cli::Command::scale:
      return cli::run_scale(settings);
    case cli::Command::pause:
      return cli::run_pause(settings);
    case cli::Command::resume:
      return cli::run_resume(settings);
    case cli::Command::stop:
      return cli::run_stop(settings);
    case cli::Command::forget:
      return cli::run_forget(settings);
    case cli::Command::publish:
      return cli::run_publish(settings);
    case cli::Command::status:
      return cli::run_status(invocation.groups);
    case cli::Command::dead_list:
      return cli::run_dead_list(settings);
    case cli::Command::dead_show:
      return cli::run_dead_show(settings);
    case cli::Command::dead_retry:
      return cli::run_dead_retry(settings);
    case cli::Command::dead_drop:
      return cli::run_dead_drop(settings);
    case cli::Command::verify:
      return cli::run_verify(settings);
    case cli::Command::bench:
      return cli::run_bench(settings);
    case cli::Command::demo:
      return cli::run_demo(settings);
  }
  return Error{ErrorKind::software, "unknown command"};
}

// What several groups have in common is told once.
void warn_of_doubts(const cli::Invocation& invocation) {
  std::set<std::string> told;
  for (const auto& group : invocation.groups) {
    for (const auto& doubt : cli::doubts(group, invocation.command)) {
      if (told.insert(doubt).second)
        cli::log({group::Report::Level::warning, "settings_doubtful"_event, doubt});
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  cli::prepare_standard_streams();
  const auto request = cli::parse({argv + 1, argv + argc}, environment_variable);
  if (!request) return cli::tell_error(request.error());
  if (const auto* notice = std::get_if<cli::Notice>(&request.value())) {
    cli::write_output(notice->text);
    return end(cli::ExitCode::ok);
  }
  const auto& invocation = std::get<cli::Invocation>(request.value());
  const auto command = invocation.command;
  // A node must go on whatever becomes of those who read what it says; everybody else waits for them, as usual.
  const bool is_node = command == cli::Command::consume || command == cli::Command::agent;
  std::optional<cli::LineQueue> log;
  if (is_node) log.emplace(STDERR_FILENO, cli::dropped_log_lines);
  cli::set_up_logging(invocation.settings(), log ? &*log : nullptr);
  warn_of_doubts(invocation);
  const auto result = run(invocation);
  if (!is_node) return end(result);
  return result ? static_cast<int>(result.value()) : cli::tell_error(result.error());
}
