#include <sys/mman.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "cli/options/options.hpp"
#include "cli/options/parse.hpp"
#include "core/base/text.hpp"
#include "fuzz_target.hpp"

// The command line with its environment and configuration file. Each line of the input is an argument;
// "$NAME=value" is a variable instead, "#..." a line of the file.
namespace tributary::fuzz {
namespace {

/// A file in memory, to be opened under path().
class File {
 public:
  explicit File(std::string_view text) : descriptor_(memfd_create("tributary", MFD_CLOEXEC)) {
    TRIBUTARY_CHECK(write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(descriptor_); }
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

struct Input {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::string file;
};

Input divided(std::string_view text) {
  Input input;
  for (const auto line : split(text, '\n')) {
    if (line.starts_with('$')) {
      const auto equals = std::min(line.find('='), line.size());
      input.environment[std::string(line.substr(1, equals - 1))] =
          std::string(line.substr(std::min(equals + 1, line.size())));
    } else if (line.starts_with('#')) {
      input.file += std::string(line.substr(1)) + "\n";
    } else {
      input.arguments.emplace_back(line);
    }
  }
  return input;
}

// Options that name files are read; only those that the input holds itself may be.
bool names_files(std::string_view text) {
  for (const auto* start : {"/dev", "/proc", "/sys"}) {
    if (text.find(start) != std::string_view::npos) return true;
  }
  return false;
}

std::vector<std::string> shown(const cli::Settings& settings, cli::Command command) {
  std::vector<std::string> flags;
  for (const auto& option : cli::all_options()) {
    if (!option.belongs_to(command) || !option.is_flag || option.value_name.empty()) continue;
    if (const auto value = option.show(settings); !value.empty())
      flags.push_back("--" + option.name + "=" + value);
  }
  return flags;
}

// What a command is told without a flag: scale 12, forget db1, dead show 1-0.
std::string argument_of(const cli::Invocation& invocation) {
  const auto& settings = invocation.settings();
  if (invocation.command == cli::Command::dead_show) return settings.dead.ids.front();
  return settings.control.target;
}

// Settings, written as flags, are read as the same settings.
void check_read_again(const cli::Invocation& invocation) {
  auto arguments = shown(invocation.settings(), invocation.command);
  const auto expected = arguments;
  arguments.insert(arguments.begin(), std::string(cli::name_of(invocation.command)));
  if (invocation.command == cli::Command::verify) arguments.emplace_back("--ledger=file");
  if (const auto argument = argument_of(invocation); !argument.empty())
    arguments.insert(arguments.end(), {"--", argument});
  const auto again = cli::parse(arguments, [](const std::string&) { return std::nullopt; });
  TRIBUTARY_CHECK(again.ok());
  const auto& read = std::get<cli::Invocation>(again.value());
  TRIBUTARY_CHECK(shown(read.settings(), read.command) == expected);
  TRIBUTARY_CHECK(read.command == invocation.command && argument_of(read) == argument_of(invocation));
}

}  // namespace

void run(std::string_view text) {
  if (names_files(text)) return;
  auto input = divided(text);
  const File file(input.file);
  if (!input.file.empty()) input.environment["TRIBUTARY_CONFIG"] = file.path();
  const auto request = cli::parse(input.arguments, [&](const std::string& name) {
    const auto found = input.environment.find(name);
    return found == input.environment.end() ? std::nullopt : std::optional(found->second);
  });
  if (!request) {
    TRIBUTARY_CHECK(request.error().kind == ErrorKind::usage ||
                    request.error().kind == ErrorKind::configuration);
    TRIBUTARY_CHECK(!request.error().message.empty());
  } else if (const auto* notice = std::get_if<cli::Notice>(&request.value())) {
    TRIBUTARY_CHECK(notice->text.ends_with('\n'));
  } else {
    check_read_again(std::get<cli::Invocation>(request.value()));
  }
}

}  // namespace tributary::fuzz
