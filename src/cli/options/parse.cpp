#include "cli/options/parse.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "cli/options/config_file.hpp"
#include "cli/options/entry_id.hpp"
#include "cli/options/help.hpp"
#include "cli/options/options.hpp"
#include "tributary/version.hpp"

namespace tributary::cli {
namespace {

constexpr const char* kVersion = "tributary " TRIBUTARY_VERSION "\n";

using Given = std::map<const Option*, std::vector<std::string>>;

/// What the arguments hold, not yet checked.
struct Arguments {
  const CommandFacts* command = nullptr;
  Given given;
  std::vector<std::string> config;
  std::string argument;  ///< the command's own, not an option's
  bool help = false;
  bool version = false;
};

Error usage(std::string message) { return {ExitCode::usage, std::move(message)}; }

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

/// The name nearest to a mistyped one, as " (did you mean X?)", if one is near.
std::string suggestion(std::string_view mistyped, const std::vector<std::string>& names) {
  std::string_view best;
  std::size_t best_distance = 3;
  for (const auto& name : names) {
    const auto distance = edit_distance(mistyped, name);
    if (distance < best_distance) best = name, best_distance = distance;
  }
  return best.empty() ? "" : " (did you mean " + std::string(best) + "?)";
}

Error unknown_argument(const std::string& argument, const CommandFacts* command) {
  if (command == nullptr) {
    if (argument.starts_with('-')) {
      return usage("unknown option " + argument +
                   " in front of the command; options follow it: tributary COMMAND " + argument);
    }
    std::vector<std::string> names;
    for (const auto& facts : all_commands()) {
      names.emplace_back(family_of(facts).empty() ? facts.name : family_of(facts));
    }
    return usage("unknown command " + argument + suggestion(argument, names) + "; see tributary --help");
  }
  const std::string name(command->name);
  if (!argument.starts_with('-'))
    return usage(name + ": unexpected argument " + argument + "; see tributary " + name + " --help");
  const auto flag = argument.substr(0, argument.find('='));
  std::vector<std::string> names{"--help", "--config"};
  for (const auto& option : all_options()) {
    if ("--" + option.name == flag && option.is_flag && !option.belongs_to(command->command)) {
      return usage(name + " has no option " + flag + "; see tributary " + name + " --help");
    }
    if (option.belongs_to(command->command) && option.is_flag) names.push_back("--" + option.name);
  }
  return usage(name + ": unknown option " + flag + suggestion(flag, names) + "; see tributary " + name +
               " --help");
}

// A command as one word, for CLI11: "dead list" is "dead/list".
std::string word_of(std::string_view name) {
  std::string word(name);
  std::replace(word.begin(), word.end(), ' ', '/');
  return word;
}

bool is_family(std::string_view word) {
  return std::any_of(all_commands().begin(), all_commands().end(),
                     [word](const CommandFacts& facts) { return !word.empty() && family_of(facts) == word; });
}

/// Makes one word of the two that name a command, if its first one is there.
Result<std::vector<std::string>> with_one_word_commands(std::vector<std::string> words) {
  if (words.empty() || !is_family(words[0])) return words;
  const auto& family = words[0];
  const std::string action = words.size() > 1 ? words[1] : "";
  std::vector<std::string> actions;
  for (const auto& facts : all_commands()) {
    if (family_of(facts) == family) actions.emplace_back(facts.name.substr(family.size() + 1));
  }
  if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
    const auto see = "; see tributary " + family + " --help";
    if (action.empty() || action.starts_with('-')) {
      return usage(family + " needs an action right behind it, such as " + actions.front() + see);
    }
    return usage(family + ": unknown action " + action + suggestion(action, actions) + see);
  }
  words[1] = word_of(family + " " + action);
  words.erase(words.begin());
  return words;
}

// CLI11 splits the arguments; every value is then checked and stored by the option's own declaration, because
// the order of precedence (CLI11 lets the file win over the environment) and the error lines are ours.
void declare_command(CLI::App& app, const CommandFacts& facts, Arguments& arguments) {
  auto* sub = app.add_subcommand(word_of(facts.name), std::string(facts.summary));
  sub->set_help_flag();
  sub->add_flag("-h,--help", arguments.help);
  sub->allow_extras();
  sub->add_option("--config",
                  [&arguments](const CLI::results_t& values) {
                    arguments.config = values;
                    return true;
                  })
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  for (const auto& option : all_options()) {
    if (!option.belongs_to(facts.command) || !option.is_flag) continue;
    const auto keep = [&arguments, &option](const CLI::results_t& values) {
      arguments.given[&option] = values;
      return true;
    };
    if (option.value_name.empty()) {
      sub->add_flag_callback("--" + option.name,
                             [&arguments, &option] { arguments.given[&option] = {"true"}; });
    } else {
      sub->add_option("--" + option.name, keep)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  sub->callback([&arguments, &facts] { arguments.command = &facts; });
}

std::optional<Error> password_in_arguments(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--") return std::nullopt;
    if (word != "--redis-password" && !word.starts_with("--redis-password=")) continue;
    return usage(
        "--redis-password is not an option, because every user of this host can read arguments; set "
        "REDIS_PASSWORD in the environment or use --redis-password-file");
  }
  return std::nullopt;
}

// "--flag: 1 required TYPE missing" and the like, in our words.
Error missing_value(const std::vector<std::string>& words) {
  return usage(words.empty() ? "an option lacks its value" : words.back() + " needs a value");
}

Result<Arguments> split_arguments(const std::vector<std::string>& words) {
  Arguments arguments;
  CLI::App app;
  app.set_help_flag();
  app.add_flag("-h,--help", arguments.help);
  app.add_flag("--version", arguments.version);
  app.allow_extras();
  for (const auto& facts : all_commands()) declare_command(app, facts, arguments);
  if (auto error = password_in_arguments(words)) return *error;
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ArgumentMismatch&) {
    return missing_value(words);
  } catch (const CLI::Error& error) {
    return usage(error.what());
  }
  if (arguments.help || arguments.version) return arguments;
  // Extras of the program itself come before those of the command.
  const auto extras = app.remaining(false);
  if (!extras.empty()) return unknown_argument(extras.front(), nullptr);
  if (arguments.command == nullptr) return usage("no command; see tributary --help");
  auto more = app.get_subcommand(word_of(arguments.command->name))->remaining(false);
  if (!arguments.command->argument.empty() && !more.empty() && !more.front().starts_with("--")) {
    arguments.argument = more.front();
    more.erase(more.begin());
  }
  if (!more.empty()) return unknown_argument(more.front(), arguments.command);
  if (app.get_subcommands().size() > 1) return usage("only one command at a time");
  return arguments;
}

/// Applies values of one source, in the order of the declarations.
class Applier {
 public:
  Applier(Settings& settings, Source source) : settings_(settings), source_(source) {}

  std::optional<std::string> apply(const Option& option, const std::vector<std::string>& values) {
    return option.set(settings_, option.repeatable ? values : std::vector{values.back()}, source_);
  }

 private:
  Settings& settings_;
  Source source_;
};

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
                                       "; keys are the flags' names "
                                       "without the dashes"};
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
  Settings unused =
      settings;  // values of other commands' options are checked, but must not change this one's
  for (const auto& option : all_options()) {
    if (!given.contains(&option)) continue;
    Applier applier(option.belongs_to(command) ? settings : unused, Source::file);
    if (auto problem = applier.apply(option, given[&option])) {
      return Error{ExitCode::configuration, where(lines[&option]) + option.name + " " + *problem};
    }
  }
  return Done{};
}

Status apply_environment(const Environment& environment, Command command, Settings& settings) {
  Applier applier(settings, Source::environment);
  for (const auto& option : all_options()) {
    if (!option.belongs_to(command) || option.environment.empty()) continue;
    const auto value = environment(option.environment);
    if (!value || value->empty()) continue;
    if (auto problem = applier.apply(option, {*value})) return usage(option.environment + " " + *problem);
  }
  return Done{};
}

Status apply_flags(const Given& given, Settings& settings) {
  Applier applier(settings, Source::flag);
  for (const auto& option : all_options()) {
    const auto values = given.find(&option);
    if (values == given.end()) continue;
    if (auto problem = applier.apply(option, values->second))
      return usage("--" + option.name + " " + *problem);
  }
  return Done{};
}

}  // namespace

Result<Request> parse(const std::vector<std::string>& words, const Environment& environment) {
  const bool asks_for_help = words.size() > 1 && (words[1] == "--help" || words[1] == "-h");
  if (asks_for_help && is_family(words[0])) return Request(Notice{family_help(words[0])});
  const auto one_word = with_one_word_commands(words);
  if (!one_word) return one_word.error();
  const auto arguments = split_arguments(one_word.value());
  if (!arguments) return arguments.error();
  const auto& said = arguments.value();
  if (said.version) return Request(Notice{kVersion});
  if (said.help)
    return Request(Notice{said.command == nullptr ? general_help() : command_help(said.command->command)});

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
