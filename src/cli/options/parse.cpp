#include "cli/options/parse.hpp"

#include <algorithm>
#include <map>

#include "cli/options/arguments.hpp"
#include "cli/options/config_file.hpp"
#include "cli/options/entry_id.hpp"
#include "cli/options/help.hpp"
#include "cli/options/options.hpp"
#include "core/base/text.hpp"
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

/// All that is said, before any of it is judged. The options lie in one vector, so their addresses are in the order of
/// the declarations.
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

// What is wrong with an option's being in a section, if anything; goes on from its key.
std::optional<std::string> misplaced(const Option& option) {
  if (option.name == "output-stream") return ": the section names the group, which is its output stream";
  if (option.of_process) return " is one for all groups; put it before the first section";
  if (option.belongs_to(Command::agent) || option.belongs_to(Command::consume)) return std::nullopt;
  return " is no setting of a group's nodes; put it before the first section";
}

/// The lines before the sections, or those of one.
Status take_entries(const std::vector<ConfigEntry>& entries, Source source, const std::string& file,
                    Command command, Sayings& sayings) {
  std::map<const Option*, int> lines;
  for (const auto& entry : entries) {
    const auto where = file + " line " + std::to_string(entry.line) + ": ";
    const Option* option = option_of_key(entry.key, command);
    if (option == nullptr) return unknown_key(where, entry.key);
    if (const auto problem = source == Source::section ? misplaced(*option) : std::nullopt)
      return Error{ErrorKind::configuration, where + entry.key + *problem};
    if (lines.contains(option) && !option->repeatable) {
      return Error{ErrorKind::configuration,
                   where + entry.key + " was already given in line " + std::to_string(lines[option])};
    }
    auto& said = sayings[option][source];
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
  for (const auto source :
       {Source::file, Source::section, Source::environment, Source::own_environment, Source::flag}) {
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

/// What the command goes by, as far as the file's sections do not matter, and the sections.
struct Told {
  const Arguments& said;
  std::string file;  ///< empty: none
  ConfigFile config;
  Sayings sayings;
};

std::string names_of(const std::vector<ConfigSection>& sections) {
  constexpr std::size_t kMostNamed = 20;
  std::string names;
  for (std::size_t i = 0; i < std::min(sections.size(), kMostNamed); ++i)
    names += (i > 0 ? ", " : "") + sections[i].group;
  const auto more = sections.size() - std::min(sections.size(), kMostNamed);
  return more > 0 ? names + " and " + std::to_string(more) + " more" : names;
}

/// The sections that the command is for; null: it goes by what stands before them.
Result<std::vector<const ConfigSection*>> choose_sections(const Told& told) {
  using Sections = std::vector<const ConfigSection*>;
  const auto& sections = told.config.sections;
  const auto command = told.said.command->command;
  const Option* name = option_of_key("output-stream", command);
  if (sections.empty() || !name->belongs_to(command)) return Sections{nullptr};
  Sections chosen;
  const auto found = told.sayings.find(name);
  if (command == Command::publish && found == told.sayings.end()) return Sections{nullptr};
  for (const auto& section : sections) {
    const bool named =
        found != told.sayings.end() && found->second.rbegin()->second.values.back() == section.group;
    if (found == told.sayings.end() || named) chosen.push_back(&section);
  }
  const bool takes_all = command == Command::agent || command == Command::status;
  if (chosen.size() == 1 || (!chosen.empty() && takes_all)) return chosen;
  if (!chosen.empty()) {
    return usage(std::string(told.said.command->name) + " is for one group: say which by --output-stream; " +
                 told.file + " has " + names_of(sections));
  }
  const auto& asked = found->second.rbegin()->second;
  return usage(asked.where + " " + quoted(asked.values.back()) + " is no group of " + told.file +
               ", which has " + names_of(sections));
}

/// The settings of one group, or those before all sections.
Result<Settings> settle(const Told& told, const ConfigSection* section) {
  const auto command = told.said.command->command;
  Settings settings = default_settings(command);
  Sayings sayings = told.sayings;
  if (section != nullptr) {
    settings.output_stream = section->group;
    settings.stream_given = true;
    settings.consumers_list = section->group + ":consumer:ids";
    if (auto done = take_entries(section->entries, Source::section, told.file, command, sayings); !done)
      return done.error();
  }
  if (auto done = apply(sayings, command, settings); !done) return done.error();
  settings.control.target = told.said.argument;
  if (command == Command::dead_show && !told.said.argument.empty()) {
    const auto id = parse_entry_id(told.said.argument);
    if (!id) return usage("dead show: an id is such as 1795446663144-0, not " + told.said.argument);
    settings.dead.ids = {id->text()};
  }
  embed::derive(settings);
  const auto problem = contradiction(settings, command);
  if (!problem) return settings;
  return usage(section == nullptr ? *problem : "group " + section->group + ": " + *problem);
}

Result<std::vector<Settings>> settle_all(const Told& told) {
  const auto chosen = choose_sections(told);
  if (!chosen) return chosen.error();
  std::vector<Settings> groups;
  for (const auto* section : chosen.value()) {
    auto settings = settle(told, section);
    if (!settings) return settings.error();
    for (const auto& earlier : groups) {
      if (const auto problem = contradiction(*settings, earlier)) {
        return Error{ErrorKind::configuration, told.file + " line " + std::to_string(section->line) +
                                                   ": group " + section->group + *problem};
      }
    }
    groups.push_back(std::move(*settings));
  }
  return groups;
}

Status read_file(Told& told) {
  auto config = read_config(told.file);
  if (!config) return config.error();
  told.config = std::move(*config);
  const auto command = told.said.command->command;
  const auto& entries = told.config.entries;
  const auto named = std::ranges::find(entries, "output-stream", &ConfigEntry::key);
  if (!told.config.sections.empty() && named != entries.end()) {
    return Error{ErrorKind::configuration, told.file + " line " + std::to_string(named->line) +
                                               ": output-stream: the sections name the groups of this file"};
  }
  for (const auto& section : told.config.sections) {
    Sayings checked;
    if (auto done = take_entries(section.entries, Source::section, told.file, command, checked); !done)
      return done;
  }
  return take_entries(entries, Source::file, told.file, command, told.sayings);
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
  Told told{
      said, said.config.empty() ? environment("TRIBUTARY_CONFIG").value_or("") : said.config.back(), {}, {}};
  if (!said.config.empty() && told.file.empty()) return usage("--config must not be empty");
  if (!told.file.empty()) {
    if (auto done = read_file(told); !done) return done.error();
  }
  read_variables(environment, command, told.sayings);
  for (const auto& [option, values] : said.given) {
    told.sayings[option][Source::flag] = {values, "--" + option->name, ErrorKind::usage};
  }
  auto groups = settle_all(told);
  if (!groups) return groups.error();
  return Request(Invocation{command, std::move(*groups)});
}

}  // namespace tributary::cli
