#include "cli/options/parse.hpp"

#include <algorithm>
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

Error usage(std::string message) { return {ErrorKind::usage, std::move(message)}; }

/// What one source says of an option.
struct Said {
  std::vector<std::string> values;
  std::string where;  ///< how an error names it: "--lease", "LEASE", "/etc/x.conf line 3: lease"
  ErrorKind kind;     ///< of an error
};
using Sources = std::map<Source, Said>;

/// All that is said, before any of it is judged.
using Sayings = std::map<const Option*, Sources>;

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
  return {ErrorKind::configuration, where + "unknown key " + key + suggestion(key, names) +
                                        "; keys are the flags' names without the dashes"};
}

Status read_file(const std::string& file, Command command, Sayings& sayings) {
  const auto entries = read_config(file);
  if (!entries) return entries.error();
  std::map<const Option*, int> lines;
  for (const auto& entry : entries.value()) {
    const auto where = file + " line " + std::to_string(entry.line) + ": ";
    const Option* option = option_of_key(entry.key, command);
    if (option == nullptr) return unknown_key(where, entry.key);
    if (lines.contains(option) && !option->repeatable) {
      return Error{ErrorKind::configuration,
                   where + entry.key + " was already given in line " + std::to_string(lines[option])};
    }
    auto& said = sayings[option][Source::file];
    said.values.push_back(entry.value);
    said.where = where + entry.key;
    said.kind = ErrorKind::configuration;
    lines[option] = entry.line;
  }
  return Done{};
}

void read_variables(const Environment& environment, Command command, Sayings& sayings) {
  for (const auto& option : all_options()) {
    if (!option.belongs_to(command) || option.environment.empty()) continue;
    const auto read = [&](const std::string& name, Source source) {
      const auto value = environment(name);
      if (value && !value->empty()) sayings[&option][source] = {{*value}, name, ErrorKind::usage};
    };
    read(option.environment, Source::environment);
    read(option.own_environment(), Source::own_environment);
  }
}

/// Whether something else counts in place of what `source` says of `option`: then it is not even looked at.
bool overridden(const Option& option, Source source, const Sayings& sayings) {
  for (const auto& [other, sources] : sayings) {
    const auto strongest = sources.rbegin()->first;
    const auto& names = option.overridden_by;
    const bool same_thing = std::ranges::find(names, other->name) != names.end();
    const bool later = strongest == source && other > &option;
    if (other == &option ? strongest > source : same_thing && (strongest > source || later)) return true;
  }
  return false;
}

/// Weaker sources first, and within a source in the order of the declarations.
Status apply(const Sayings& sayings, Command command, Settings& settings) {
  Settings unused = settings;  // for keys of other commands: their values are checked all the same
  for (const auto source : {Source::file, Source::environment, Source::own_environment, Source::flag}) {
    for (const auto& [option, sources] : sayings) {
      const auto found = sources.find(source);
      if (found == sources.end() || overridden(*option, source, sayings)) continue;
      const auto& said = found->second;
      auto& target = option->belongs_to(command) ? settings : unused;
      const auto problem =
          option->set(target, option->repeatable ? said.values : std::vector{said.values.back()}, source);
      if (problem) return Error{said.kind, said.where + " " + *problem};
    }
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
  Sayings sayings;  // the options lie in one vector, so their addresses are in the order of the declarations
  if (!config.empty()) {
    if (auto done = read_file(config, command, sayings); !done) return done.error();
  }
  read_variables(environment, command, sayings);
  for (const auto& [option, values] : said.given) {
    sayings[option][Source::flag] = {values, "--" + option->name, ErrorKind::usage};
  }
  if (auto done = apply(sayings, command, settings); !done) return done.error();
  settings.control.target = said.argument;
  if (command == Command::dead_show && !said.argument.empty()) {
    const auto id = parse_entry_id(said.argument);
    if (!id) return usage("dead show: an id is such as 1795446663144-0, not " + said.argument);
    settings.dead.ids = {id->text()};
  }
  embed::derive(settings);
  if (auto problem = contradiction(settings, command)) return usage(*problem);
  return Request(Invocation{command, settings});
}

}  // namespace tributary::cli
