// The manual, the completions and the example configuration against the declarations they are made from.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/options/config_file.hpp"
#include "cli/options/options.hpp"
#include "cli/options/parse.hpp"
#include "cli/reference/completions.hpp"
#include "cli/reference/example_config.hpp"
#include "cli/reference/manual.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

bool of_nodes(const Option& option) {
  return option.belongs_to(Command::consume) || option.belongs_to(Command::agent);
}

// The example with its settings put into force: those of one command, without those that have no default.
std::string uncommented(const std::string& example, Command command) {
  std::string out;
  for (const auto line : split(example, '\n')) {
    const auto key = std::string(line.substr(0, line.find(" = ")));
    for (const auto& option : all_options()) {
      const bool has_default = !option.show(default_settings(command)).empty();
      if (key != "#" + option.name || !option.belongs_to(command) || !has_default) continue;
      out += std::string(line.substr(1)) + "\n";
    }
  }
  return out;
}

// As manual pages have it.
std::string escaped(const std::string& page) {
  std::string text;
  for (const char c : page) text += c == '-' ? std::string("\\-") : std::string(1, c);
  return text;
}

TEST(ExampleConfig, IsAllComments) {
  const auto entries = parse_config(example_config(), "example");
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  EXPECT_TRUE(entries.value().entries.empty());
  EXPECT_TRUE(entries.value().sections.empty());
}

TEST(ExampleConfig, NamesEveryKeyOfANodeOnce) {
  std::map<std::string, int> lines;
  const auto example = example_config();
  for (const auto line : split(example, '\n')) {
    const auto equals = line.find(" = ");
    if (line.starts_with('#') && !line.starts_with("# ") && equals != std::string::npos) {
      ++lines[std::string(line.substr(1, equals - 1))];
    }
  }
  for (const auto& option : all_options()) {
    if (!of_nodes(option)) continue;
    EXPECT_EQ(lines[option.name], 1) << option.name;
    lines.erase(option.name);
  }
  EXPECT_TRUE(lines.empty()) << lines.begin()->first;
}

TEST(ExampleConfig, SaysTheDefaults) {
  const auto file = testing::TempDir() + "tributary_example_config_test";
  for (const auto command : {Command::consume, Command::agent}) {
    const auto text = uncommented(example_config(), command);
    std::ofstream(file) << text;
    const auto request = parse({std::string(name_of(command)), "--config", file},
                               [](const std::string&) { return std::optional<std::string>(); });
    ASSERT_TRUE(request.ok()) << request.error().message;
    const auto& settings = std::get<Invocation>(request.value()).settings();
    for (const auto& option : all_options()) {
      if (!option.belongs_to(command)) continue;
      const auto value = option.show(default_settings(command));
      EXPECT_EQ(option.show(settings), value);
      EXPECT_TRUE(value.empty() || contains(text, option.name + " = " + value + "\n")) << option.name;
    }
  }
  std::filesystem::remove(file);
}

TEST(Choices, AreAccepted) {
  for (const auto& option : all_options()) {
    for (auto choice : option.choices) {
      if (choice.ends_with(':')) choice += "5";
      Settings settings;
      EXPECT_FALSE(option.set(settings, {choice}, Source::flag)) << option.name << " " << choice;
    }
  }
}

TEST(Manual, EachCommandHasAPageWithItsOptions) {
  for (const auto& facts : all_commands()) {
    const auto [name, page] = command_manual(facts.command);
    EXPECT_TRUE(page.starts_with(".TH TRIBUTARY\\-")) << page.substr(0, 40);
    for (const auto& option : all_options()) {
      if (!option.belongs_to(facts.command)) continue;
      EXPECT_TRUE(option.environment.empty() || contains(page, "\\fB" + option.environment + "\\fR"))
          << option.environment;
      EXPECT_TRUE(contains(page, option.help.substr(0, option.help.find('-')))) << option.name;
    }
  }
}

TEST(Manual, TheWholeHasAllCommands) {
  const auto page = general_manual();
  for (const auto& facts : all_commands()) {
    EXPECT_TRUE(contains(page, "\\fB" + std::string(facts.name))) << facts.name;
    EXPECT_TRUE(contains(page, ".BR " + escaped(command_manual(facts.command).page) + " (1)")) << facts.name;
  }
  EXPECT_TRUE(contains(page, ".SH EXIT STATUS\n"));
}

TEST(Completions, KnowEveryCommandFlagAndChoice) {
  for (const auto& script : {bash_completion(), zsh_completion(), fish_completion()}) {
    for (const auto& facts : all_commands())
      EXPECT_TRUE(contains(script, std::string(facts.name.substr(facts.name.rfind(' ') + 1)))) << facts.name;
    for (const auto& option : all_options()) {
      EXPECT_EQ(contains(script, option.name), option.is_flag || option.name.ends_with("-password"))
          << option.name;
      for (const auto& choice : option.choices) {
        EXPECT_TRUE(contains(script, choice.substr(0, choice.find(':')))) << choice;
      }
    }
    EXPECT_FALSE(contains(script, "redis-password ")) << "a password is no argument";
  }
}

}  // namespace
}  // namespace tributary::cli
