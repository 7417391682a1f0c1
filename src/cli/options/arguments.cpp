#include "cli/options/arguments.hpp"

#include <algorithm>
#include <optional>

namespace tributary::cli {
namespace {

Error usage(std::string message) { return {ErrorKind::usage, std::move(message)}; }

bool asks_for_help(std::string_view word) {
  return word == "-h" || word.substr(0, word.find('=')) == "--help";
}

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

Error unknown_command(const std::string& word) {
  if (word.starts_with('-')) {
    return usage("unknown option " + word +
                 " in front of the command; options follow it: tributary COMMAND " + word);
  }
  std::vector<std::string> names;
  for (const auto& facts : all_commands()) {
    names.emplace_back(family_of(facts).empty() ? facts.name : family_of(facts));
  }
  return usage("unknown command " + word + suggestion(word, names) + "; see tributary --help");
}

const CommandFacts* command_named(std::string_view name) {
  const auto& all = all_commands();
  const auto found = std::ranges::find(all, name, &CommandFacts::name);
  return found == all.end() ? nullptr : &*found;
}

Error unknown_argument(const std::string& word, const CommandFacts& command) {
  if (command_named(word) != nullptr) return usage("only one command at a time");
  const std::string name(command.name);
  const auto see = "; see tributary " + name + " --help";
  if (!word.starts_with('-')) return usage(name + ": unexpected argument " + word + see);
  const auto flag = word.substr(0, word.find('='));
  std::vector<std::string> names{"--help", "--config"};
  for (const auto& option : all_options()) {
    if (!option.is_flag) continue;
    const auto known = "--" + option.name;
    if (option.belongs_to(command.command)) {
      names.push_back(known);
    } else if (known == flag) {
      return usage(name + " has no option " + flag + see);
    }
  }
  return usage(name + ": unknown option " + flag + suggestion(flag, names) + see);
}

Error unknown_action(const std::string& family, const std::string& word) {
  const auto see = "; see tributary " + family + " --help";
  std::vector<std::string> actions;
  for (const auto& facts : all_commands()) {
    if (family_of(facts) == family) actions.emplace_back(facts.name.substr(family.size() + 1));
  }
  if (word.empty() || word.starts_with('-')) {
    return usage(family + " needs an action right after it, such as " + actions.front() + see);
  }
  return usage(family + ": unknown action " + word + suggestion(word, actions) + see);
}

std::optional<Error> password_in(const std::vector<std::string>& words) {
  for (const auto& word : words) {
    if (word == "--") break;
    const auto flag = word.substr(0, word.find('='));
    if (flag != "--redis-password" && flag != "--sentinel-password") continue;
    const auto* const variable = flag == "--redis-password" ? "REDIS_PASSWORD" : "SENTINEL_PASSWORD";
    return usage(flag + " is not an option, because every user of this host can read arguments; set " +
                 variable + " in the environment or use " + flag + "-file");
  }
  return std::nullopt;
}

bool is_family(std::string_view word) {
  return !word.empty() && std::ranges::find(all_commands(), word, family_of) != all_commands().end();
}

const Option* option_of(std::string_view flag, Command command) {
  const auto& all = all_options();
  const auto found = std::ranges::find_if(all, [&](const Option& option) {
    return option.is_flag && option.belongs_to(command) && "--" + option.name == flag;
  });
  return found == all.end() ? nullptr : &*found;
}

class Divider {
 public:
  explicit Divider(const std::vector<std::string>& words) : words_(words) {}

  Result<Arguments> divide() {
    bool options_ended = false;  // by "--"
    while (next_ < words_.size()) {
      const auto& word = words_[next_++];
      Status taken = Done{};
      if (said_.command == nullptr) {
        taken = take_command(word);
      } else if (!options_ended && word == "--") {
        options_ended = true;
      } else if (!options_ended && asks_for_help(word)) {
        said_.help = true;
      } else if (!options_ended && word.starts_with("--")) {
        taken = take_option(word);
      } else {
        take_argument(word);
      }
      if (!taken) return taken.error();
    }
    if (said_.help || said_.version) return said_;
    if (unknown_) return *unknown_;
    if (said_.command == nullptr) return usage("no command; see tributary --help");
    return said_;
  }

 private:
  Status take_command(const std::string& word) {
    if (asks_for_help(word) || word == "help") {
      said_.help = true;
    } else if (word == "--version" || word == "-v" || word == "-V" || word == "version") {
      said_.version = true;
    } else if (is_family(word)) {
      const std::string action = next_ < words_.size() ? words_[next_++] : "";
      said_.command = command_named(word + " " + action);
      if (said_.command != nullptr) return Done{};
      const bool asked = asks_for_help(action) || action == "help" || (said_.help && action.empty());
      if (!asked) return unknown_action(word, action);
      said_.family = word;
      said_.help = true;
      next_ = words_.size();
    } else if ((said_.command = command_named(word)) == nullptr) {
      note_unknown(unknown_command(word));
    }
    return Done{};
  }

  Status take_option(const std::string& word) {
    const auto equals = word.find('=');
    const auto flag = word.substr(0, equals);
    const auto* option = option_of(flag, said_.command->command);
    if (option == nullptr && flag != "--config") {
      note_unknown(unknown_argument(word, *said_.command));
      return Done{};
    }
    std::string value = "true";
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (option == nullptr || !option->value_name.empty()) {
      if (next_ == words_.size()) return usage(word + " needs a value");
      value = words_[next_++];
    }
    (option == nullptr ? said_.config : said_.given[option]).push_back(std::move(value));
    return Done{};
  }

  void take_argument(const std::string& word) {
    if (word == "help") {  // what no argument may be
      said_.help = true;
    } else if (said_.command->argument.empty() || !said_.argument.empty()) {
      note_unknown(unknown_argument(word, *said_.command));
    } else {
      said_.argument = word;
    }
  }

  void note_unknown(Error error) {
    if (!unknown_) unknown_ = std::move(error);
  }

  const std::vector<std::string>& words_;
  std::size_t next_ = 0;
  Arguments said_;
  std::optional<Error> unknown_;  // the first
};

}  // namespace

std::string suggestion(std::string_view mistyped, const std::vector<std::string>& names) {
  std::string_view best;
  std::size_t best_distance = 3;
  for (const auto& name : names) {
    const auto distance = edit_distance(mistyped, name);
    if (distance < best_distance) best = name, best_distance = distance;
  }
  return best.empty() ? "" : " (did you mean " + std::string(best) + "?)";
}

Result<Arguments> divide_arguments(const std::vector<std::string>& words) {
  if (auto error = password_in(words)) return *error;
  return Divider(words).divide();
}

}  // namespace tributary::cli
