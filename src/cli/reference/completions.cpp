#include "cli/reference/completions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/options/options.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr const char* kOrigin = "# Made from the program's own list of options.\n";

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(separator)) + word;
  return out;
}

// The words among the alternatives of a command's argument: of "N|auto" it is auto.
std::vector<std::string> argument_words(const CommandFacts& facts) {
  std::vector<std::string> words;
  for (const auto part : split(facts.argument, '|')) {
    const bool word = std::all_of(part.begin(), part.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if (word) words.emplace_back(part);
  }
  return words;
}

// Of "dead list", "list".
std::string last_word(const CommandFacts& facts) {
  return std::string(facts.name.substr(facts.name.rfind(' ') + 1));
}

// Commands whose names have two words, by the first.
std::map<std::string, std::vector<std::string>> families() {
  std::map<std::string, std::vector<std::string>> families;
  for (const auto& facts : all_commands()) {
    if (!family_of(facts).empty()) families[std::string(family_of(facts))].push_back(last_word(facts));
  }
  return families;
}

// What may come first.
std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const auto& facts : all_commands()) {
    if (family_of(facts).empty()) names.emplace_back(facts.name);
  }
  for (const auto& [family, words] : families()) names.push_back(family);
  return names;
}

std::vector<std::string> flags_of(Command command) {
  std::vector<std::string> flags;
  for (const auto& option : all_options()) {
    if (option.belongs_to(command) && option.is_flag) flags.push_back("--" + option.name);
  }
  flags.insert(flags.end(), {"--config", "--help"});
  return flags;
}

bool takes_file(const Option& option) { return option.value_name == "FILE"; }

std::string replaced(std::string_view text, std::string_view characters, std::string_view prefix) {
  std::string out;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) out += prefix;
    out += c;
  }
  return out;
}

// --- bash: one function, which looks at the command, at the word before and at the one that is being
// written.

constexpr const char* kBashHead = R"(_tributary() {
  local command=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=''
  COMPREPLY=()
  # Of --option=value bash makes three words.
  [[ $word != '=' ]] || word=''
  [[ $before != '=' ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
  if ((COMP_CWORD == 1)); then
)";

constexpr const char* kBashTail = R"(  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  # What ends with a colon goes on.
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then compopt -o nospace; fi
}
complete -F _tributary tributary
)";

// What may follow each option that takes a value.
std::string bash_values() {
  std::string files = "--config";
  std::string others;
  std::string out;
  std::set<std::string> seen;
  for (const auto& option : all_options()) {
    if (!option.is_flag || option.value_name.empty() || !seen.insert(option.name).second) continue;
    if (!option.choices.empty()) {
      out += fmt::format("    --{}) words='{}' ;;\n", option.name, joined(option.choices, " "));
    } else {
      auto& list = takes_file(option) ? files : others;
      list += (list.empty() ? "--" : " | --") + option.name;
    }
  }
  out += fmt::format(
      "    {})\n      compopt -o filenames\n      mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n      "
      "return\n      ;;\n",
      files);
  return out + fmt::format("    {}) return ;;\n", others);
}

std::string bash_words(const CommandFacts& facts) {
  std::string words = joined(flags_of(facts.command), " ");
  for (const auto& word : argument_words(facts)) words = word + " " + words;
  return fmt::format("        '{}') words='{}' ;;\n", facts.name, words);
}

// --- zsh: _arguments is told each command's options.

std::string zsh_action(const Option& option) {
  if (takes_file(option)) return "_files";
  if (option.choices.empty()) return " ";
  return fmt::format("({})", replaced(joined(option.choices, " "), ":", "\\"));
}

std::string zsh_option(const Option& option) {
  auto help = replaced(option.help, "[]:\\", "\\");
  help = replaced(help, "'", "'\\'");  // ' -> '\'' once the quote itself follows
  const auto repeat = option.repeatable ? "*" : "";
  if (option.value_name.empty()) return fmt::format("'--{}[{}]'", option.name, help);
  return fmt::format("'{}--{}=[{}]:{}:{}'", repeat, option.name, help, option.value_name, zsh_action(option));
}

std::string zsh_command(const CommandFacts& facts) {
  std::string out = fmt::format("    '{}')\n      _arguments", facts.name);
  for (const auto& option : all_options()) {
    if (option.belongs_to(facts.command) && option.is_flag) out += " \\\n        " + zsh_option(option);
  }
  out +=
      " \\\n        '--config=[the configuration file]:FILE:_files' \\\n        '(- *)--help[show the "
      "options]'";
  if (const auto words = argument_words(facts); !words.empty()) {
    out += fmt::format(" \\\n        '1:{}:({})'", facts.argument, joined(words, " "));
  }
  return out + "\n      ;;\n";
}

// --- fish: one line for each thing that can be completed.

std::string fish_quoted(std::string_view text) { return "'" + replaced(text, "\\'", "\\") + "'"; }

std::string fish_option(const Option& option) {
  std::vector<std::string> commands;
  for (const auto& facts : all_commands()) {
    if (option.belongs_to(facts.command)) commands.push_back(last_word(facts));
  }
  std::string values;
  if (takes_file(option)) {
    values = " -r -F";
  } else if (!option.value_name.empty()) {
    values = " -x";
    if (!option.choices.empty()) values += " -a " + fish_quoted(joined(option.choices, " "));
  }
  return fmt::format("complete -c tributary -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                     joined(commands, " "), option.name, values, fish_quoted(option.help));
}

}  // namespace

std::string bash_completion() {
  std::string out = std::string("# bash completion for tributary.\n") + kOrigin + kBashHead;
  out += fmt::format("    words='{} --help --version'\n  else\n", joined(command_names(), " "));
  for (const auto& [family, words] : families()) {
    out += fmt::format("    [[ $command != {} || $COMP_CWORD == 2 ]] || command+=\" ${{COMP_WORDS[2]}}\"\n",
                       family);
  }
  out += "    case $before in\n";
  const auto values = bash_values();
  for (const auto line : split(values, '\n')) {
    if (!line.empty()) out += fmt::format("  {}\n", line);
  }
  out += "      *) case $command in\n";
  for (const auto& facts : all_commands()) out += bash_words(facts);
  for (const auto& [family, words] : families()) {
    out += fmt::format("        {}) words='{}' ;;\n", family, joined(words, " "));
  }
  return out + "      esac ;;\n    esac\n  fi\n" + kBashTail;
}

std::string zsh_completion() {
  std::string out = std::string("#compdef tributary\n") + kOrigin + "_tributary() {\n  local -a commands=(\n";
  for (const auto& facts : all_commands()) {
    if (!family_of(facts).empty()) continue;
    out += fmt::format("    '{}:{}'\n", facts.name, replaced(facts.summary, "'", "'\\'"));
  }
  for (const auto& [family, words] : families())
    out += fmt::format("    '{}:{}'\n", family, joined(words, ", "));
  out +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n"
      "    _arguments '(- *)--help[show the commands]' '(- *)--version[show the version]'\n    return\n  fi\n"
      "  shift words\n  ((CURRENT--))\n  local command=$words[1]\n";
  for (const auto& [family, words] : families()) {
    out += fmt::format(
        "  if [[ $command == {} ]]; then\n    if ((CURRENT == 2)); then compadd {}; return; fi\n    shift "
        "words\n"
        "    ((CURRENT--))\n    command+=\" $words[1]\"\n  fi\n",
        family, joined(words, " "));
  }
  out += "  case $command in\n";
  for (const auto& facts : all_commands()) out += zsh_command(facts);
  return out + "  esac\n}\n_tributary \"$@\"\n";
}

std::string fish_completion() {
  std::string out =
      std::string("# fish completion for tributary.\n") + kOrigin + "complete -c tributary -f\n";
  const std::string first = "complete -c tributary -n __fish_use_subcommand";
  for (const auto& [family, words] : families()) {
    out += fmt::format("{} -a {} -d {}\n", first, family, fish_quoted(joined(words, ", ")));
  }
  for (const auto& facts : all_commands()) {
    auto when = first;
    if (!family_of(facts).empty()) {
      when = fmt::format(
          "complete -c tributary -n '__fish_seen_subcommand_from {0}; and not __fish_seen_subcommand_from "
          "{1}'",
          family_of(facts), joined(families()[std::string(family_of(facts))], " "));
    }
    out += fmt::format("{} -a {} -d {}\n", when, last_word(facts), fish_quoted(facts.summary));
    for (const auto& word : argument_words(facts)) {
      out += fmt::format("complete -c tributary -n '__fish_seen_subcommand_from {}' -a {} -d {}\n",
                         facts.name, word, fish_quoted(facts.argument_help));
    }
  }
  out += first + " -l version -d 'show the version'\n";
  out += "complete -c tributary -s h -l help -d 'show the commands, or the options of a command'\n";
  out += "complete -c tributary -n 'not __fish_use_subcommand' -l config -r -F -d 'the configuration file'\n";
  for (const auto& option : all_options()) {
    if (option.is_flag) out += fish_option(option);
  }
  return out;
}

}  // namespace tributary::cli
