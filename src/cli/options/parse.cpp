#include "cli/options/parse.hpp"

#include <map>

#include "cli/options/arguments.hpp"
#include "cli/options/config_file.hpp"
#include "cli/options/entry_id.hpp"
#include "cli/options/help.hpp"
#include "cli/options/options.hpp"
#include "tributary/version.hpp"

namespace tributary::cli {
namespace {

constexpr const char* kVersion = "tributary " TRIBUTARY_VERSION "\n";

using Given = decltype(Arguments::given);

Error usage(std::string message) { return {ExitCode::usage, std::move(message)}; }

/// What is wrong with the values, if anything.
std::optional<std::string> apply(const Option& option, const std::vector<std::string>& values, Source source,
                                 Settings& settings) {
  return option.set(settings, option.repeatable ? values : std::vector{values.back()}, source);
}

const Option* option_of_key(const std::string& key, Command command) {
  const Option* found = nullptr;
  for (const auto& option : all_options()) {
    if (option.name != key) continue;
    if (option.belongs_to(command)) return &option;
    found = &option;
  }
  return found;
}

Error unknown_key(const std::string& where, const std::string& key) {
  std::vector<std::string> names;
  for (const auto& option : all_options()) names.push_back(option.name);
  return {ExitCode::configuration, where + "unknown key " + key + suggestion(key, names) +
                                       "; keys are the flags' names without the dashes"};
}

Status apply_file(const std::string& file, Command command, Settings& settings) {
  const auto entries = read_config(file);
  if (!entries) return entries.error();
  const auto where = [&](int line) { return file + " line " + std::to_string(line) + ": "; };
  Given given;
  std::map<const Option*, int> lines;
  for (const auto& entry : entries.value()) {
    const Option* option = option_of_key(entry.key, command);
    if (option == nullptr) return unknown_key(where(entry.line), entry.key);
    if (lines.contains(option) && !option->repeatable) {
      return Error{ExitCode::configuration, where(entry.line) + entry.key + " was already given in line " +
                                                std::to_string(lines[option])};
    }
    given[option].push_back(entry.value);
    lines[option] = entry.line;
  }
  Settings unused = settings;  // for options of other commands: their values are checked all the same
  for (const auto& option : all_options()) {
    if (!given.contains(&option)) continue;
    auto& target = option.belongs_to(command) ? settings : unused;
    if (auto problem = apply(option, given[&option], Source::file, target)) {
      return Error{ExitCode::configuration, where(lines[&option]) + option.name + " " + *problem};
    }
  }
  return Done{};
}

Status apply_environment(const Environment& environment, Command command, Settings& settings) {
  for (const auto& option : all_options()) {
    if (!option.belongs_to(command) || option.environment.empty()) continue;
    const auto value = environment(option.environment);
    if (!value || value->empty()) continue;
    if (auto problem = apply(option, {*value}, Source::environment, settings))
      return usage(option.environment + " " + *problem);
  }
  return Done{};
}

Status apply_flags(const Given& given, Settings& settings) {
  for (const auto& option : all_options()) {
    const auto values = given.find(&option);
    if (values == given.end()) continue;
    if (auto problem = apply(option, values->second, Source::flag, settings))
      return usage("--" + option.name + " " + *problem);
  }
  return Done{};
}

}  // namespace

Result<Request> parse(const std::vector<std::string>& words, const Environment& environment) {
  const auto arguments = divide_arguments(words);
  if (!arguments) return arguments.error();
  const auto& said = arguments.value();
  if (said.version) return Request(Notice{kVersion});
  if (said.help) {
    return Request(Notice{said.command != nullptr ? command_help(said.command->command)
                          : said.family.empty()   ? general_help()
                                                  : family_help(said.family)});
  }

  const Command command = said.command->command;
  Settings settings = default_settings(command);
  std::string config =
      said.config.empty() ? environment("TRIBUTARY_CONFIG").value_or("") : said.config.back();
  if (!said.config.empty() && config.empty()) return usage("--config must not be empty");
  if (!config.empty()) {
    if (auto done = apply_file(config, command, settings); !done) return done.error();
  }
  if (auto done = apply_environment(environment, command, settings); !done) return done.error();
  if (auto done = apply_flags(said.given, settings); !done) return done.error();
  settings.control.target = said.argument;
  if (command == Command::dead_show && !said.argument.empty()) {
    const auto id = parse_entry_id(said.argument);
    if (!id) return usage("dead show: an id is such as 1795446663144-0, not " + said.argument);
    settings.dead.ids = {id->text()};
  }
  derive(settings);
  if (auto problem = contradiction(settings, command)) return usage(*problem);
  return Request(Invocation{command, settings});
}

}  // namespace tributary::cli
