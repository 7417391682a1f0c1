#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options/settings.hpp"

namespace tributary::cli {

/// Where a value came from, from the weakest to the strongest. A section is what the file says of one group. Each variable has two names: the short one, which may be
/// anybody's, and one that only we use.
enum class Source { file, section, environment, own_environment, flag };

/// One setting, declared once: that gives its flag, its environment variable, its key in the configuration
/// file, its check and its line in --help.
struct Option {
  std::string name;         ///< flag without "--", and key in the configuration file
  std::string environment;  ///< variable's short name; empty: none
  std::string group;        ///< heading in --help
  std::string value_name;   ///< e.g. "N"; empty: a switch, without a value
  std::string help;
  unsigned commands = 0;    ///< bits of Command: where it counts and is shown
  bool is_flag = true;      ///< false: must not be given as an argument
  bool of_process = false;  ///< one for all groups of a process: not in a section
  bool repeatable = false;
  /// Names of options that set the same thing: what one of them says in a stronger source, or as a later one in the
  /// same source, counts in place of this.
  std::vector<std::string> overridden_by = {};
  /// All values it may have, if they can be listed; one that ends with ":" goes on behind it.
  std::vector<std::string> choices = {};

  /// Checks and stores the values (exactly one unless repeatable). What is wrong with them, if anything:
  /// follows the option's name, e.g. "must be a number from 1 to 10, not \"x\"".
  std::function<std::optional<std::string>(Settings&, const std::vector<std::string>&, Source)> set;
  /// The value as a user would write it; empty if there is nothing to show.
  std::function<std::string(const Settings&)> show;

  /// The variable's own name; empty: none.
  std::string own_environment() const { return environment.empty() ? "" : "TRIBUTARY_" + environment; }
  bool belongs_to(Command command) const { return (commands & static_cast<unsigned>(command)) != 0; }
};

/// All of them, in the order in which --help shows them and in which values of one source are applied.
const std::vector<Option>& all_options();

/// The environment variables that are settings of ours: none of them is meant for a child that is
/// told everything.
std::vector<std::string> setting_variables();

struct CommandFacts {
  Command command;
  std::string_view name;           ///< perhaps two words: "dead list"
  std::string_view summary;        ///< one line
  std::string_view argument = {};  ///< name of the one argument it takes; empty: none
  std::string_view argument_help = {};
  std::string_view examples = {};  ///< for --help: lines, each with its end
};
const std::vector<CommandFacts>& all_commands();
/// The first word of a command whose name has two; else empty.
std::string_view family_of(const CommandFacts& facts);
std::string_view name_of(Command command);

/// The defaults of that command.
Settings default_settings(Command command);

/// How errors call a setting: by its flag.
std::string flag_of(std::string_view option);

/// What is wrong between settings that are each fine by themselves; one line, or nothing.
std::optional<std::string> contradiction(const Settings& settings, Command command);

/// What cannot be between two groups of one file; goes on from "group X", which is `later`. One line, or nothing.
std::optional<std::string> contradiction(const Settings& later, const Settings& earlier);

/// What is allowed, but hardly meant: names that will be taken as they are written. One line each, with what to use.
std::vector<std::string> doubts(const Settings& settings, Command command);

}  // namespace tributary::cli
