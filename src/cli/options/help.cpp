#include "cli/options/help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/options/options.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kFlagColumn = 30;
constexpr std::size_t kEnvironmentColumn = 23;
constexpr std::size_t kTextColumn = 2 + kFlagColumn + kEnvironmentColumn;

std::string flag_text(const Option& option) {
  if (!option.is_flag) return "(no flag)";
  return "--" + option.name + (option.value_name.empty() ? "" : " " + option.value_name);
}

void append_row(std::string& out, std::string_view flag, std::string_view environment,
                std::string_view text) {
  const auto lines = wrapped(text, kWidth - kTextColumn);
  out += fmt::format("  {:<{}}{:<{}}{}\n", flag, kFlagColumn, environment, kEnvironmentColumn, lines[0]);
  for (std::size_t i = 1; i < lines.size(); ++i) out += fmt::format("{:<{}}{}\n", "", kTextColumn, lines[i]);
}

void append_option(std::string& out, const Option& option, const Settings& defaults) {
  const std::string value = option.show(defaults);
  append_row(out, flag_text(option), option.environment,
             value.empty() ? option.help : option.help + " [" + value + "]");
}

void append_command(std::string& out, const CommandFacts& facts) {
  out += fmt::format("  {:<12}{}\n", facts.name, facts.summary);
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const auto word : split(text, ' ')) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string general_help() {
  std::string out =
      "tributary carries every message of a Redis Pub/Sub channel exactly once into a Redis Stream,\n"
      "with any number of workers, and survives their crashes.\n\n"
      "Usage: tributary COMMAND [OPTION ...]\n\nCommands\n";
  for (const auto& facts : all_commands()) append_command(out, facts);
  out +=
      "\nOptions\n"
      "  --help, -h     show this, or the options of a command: tributary COMMAND --help\n"
      "  --version, -v  show the version\n\n"
      "To see it at work, with a private Redis: tributary demo\n";
  return out;
}

std::string family_help(std::string_view family) {
  std::string out = fmt::format("Usage: tributary {} ACTION [OPTION ...]\n\nCommands\n", family);
  for (const auto& facts : all_commands()) {
    if (family_of(facts) == family) append_command(out, facts);
  }
  return out + fmt::format("\nThe options of each: tributary {} ACTION --help\n", family);
}

std::string command_help(Command command) {
  const auto facts = std::find_if(all_commands().begin(), all_commands().end(),
                                  [&](const CommandFacts& f) { return f.command == command; });
  std::string out = fmt::format("{}\n\nUsage: tributary {} {}{}[OPTION ...]\n", facts->summary, facts->name,
                                facts->argument, facts->argument.empty() ? "" : " ");
  if (!facts->argument.empty()) {
    out += "\n";
    append_row(out, facts->argument, "", facts->argument_help);
  }
  if (!facts->examples.empty()) out += fmt::format("\nExamples\n{}", facts->examples);
  const Settings defaults = default_settings(command);
  std::string group;
  for (const auto& option : all_options()) {
    if (!option.belongs_to(command)) continue;
    if (option.group != group) {
      group = option.group;
      out += "\n" + group + "\n";
    }
    append_option(out, option, defaults);
  }
  out += "\nGeneral\n";
  append_row(
      out, "--config FILE", "TRIBUTARY_CONFIG",
      "file with lines of the form key = value; the keys are the flags' names without the dashes; perhaps "
      "with a section [group NAME] for each of several groups");
  append_row(out, "--help, -h", "", "show this");
  out +=
      "\nThe second column names environment variables; each also has a name with TRIBUTARY_ in front, "
      "which\n"
      "wins over the short one. A flag wins over a variable, a variable over the file. [..] is the default.\n"
      "TIME is a value such as 500ms, 1.5s, 2m, or a bare number of seconds.\n";
  return out;
}

}  // namespace tributary::cli
