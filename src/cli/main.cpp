#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/options/options.hpp"
#include "cli/options/parse.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/logging.hpp"

namespace {

using namespace tributary;

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<ExitCode> run(cli::Command command, const cli::Settings& settings) {
  switch (command) {
    case cli::Command::consume:
      return cli::run_consume(settings);
    case cli::Command::agent:
      return cli::run_agent(settings);
    case cli::Command::scale:
      return cli::run_scale(settings);
    case cli::Command::pause:
      return cli::run_pause(settings);
    case cli::Command::resume:
      return cli::run_resume(settings);
    case cli::Command::stop:
      return cli::run_stop(settings);
    case cli::Command::publish:
      return cli::run_publish(settings);
    case cli::Command::status:
      return cli::run_status(settings);
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
  return Error{ExitCode::software, "unknown command"};
}

}  // namespace

int main(int argc, char** argv) {
  const auto request = cli::parse({argv + 1, argv + argc}, environment_variable);
  if (!request) return cli::tell_error(request.error());
  if (const auto* notice = std::get_if<cli::Notice>(&request.value())) {
    fmt::print("{}", notice->text);
    return 0;
  }
  const auto& invocation = std::get<cli::Invocation>(request.value());
  cli::set_up_logging(invocation.settings.log_level);
  for (const auto& doubt : cli::doubts(invocation.settings, invocation.command)) spdlog::warn("{}", doubt);
  const auto result = run(invocation.command, invocation.settings);
  return result ? static_cast<int>(result.value()) : cli::tell_error(result.error());
}
