#include "cli/options/options.hpp"

#include "cli/options/declared/declarations.hpp"

namespace tributary::cli {
namespace {

std::vector<Option> declare() {
  Declarations all;
  declare_publishing(all);
  declare_control(all);
  declare_dead_letters(all);
  declare_bench(all);
  declare_auditing(all);
  declare_redis(all);
  declare_messages(all);
  declare_processing(all);
  declare_group(all);
  declare_output(all);
  return all.take();
}

}  // namespace

const std::vector<Option>& all_options() {
  static const std::vector<Option> options = declare();
  return options;
}

std::vector<std::string> setting_variables() {
  std::vector<std::string> names{"TRIBUTARY_CONFIG"};
  for (const auto& option : all_options()) {
    if (option.environment.empty()) continue;
    names.push_back(option.environment);
    names.push_back(option.own_environment());
  }
  return names;
}

std::string flag_of(std::string_view option) { return "--" + std::string(option); }

Settings default_settings(Command command) {
  Settings settings;
  if (command == Command::demo) {
    settings.publish.duration = std::chrono::seconds(20);
    settings.publish.rate = 5000;
    settings.monitoring_interval = std::chrono::seconds(1);
  }
  if (command == Command::dead_list) settings.dead.limit = 100;
  if (command == Command::bench) settings.publish.count = 200'000;
  if (command == Command::status) settings.monitoring_interval = std::chrono::seconds(1);
  return settings;
}

}  // namespace tributary::cli
