#include "cli/options/declared/declarations.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

#include "http/address.hpp"

namespace tributary::cli {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

// What other programs call them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOtherNames{{{"TRACE", "DEBUG"},
                                                                                    {"NOTICE", "INFO"},
                                                                                    {"WARN", "WARNING"},
                                                                                    {"ERR", "ERROR"},
                                                                                    {"CRIT", "CRITICAL"},
                                                                                    {"FATAL", "CRITICAL"}}};

Problem set_log_level(Settings& settings, const Values& values, Source) {
  std::string name = values[0];
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const auto& [other, ours] : kOtherNames) {
    if (name == other) name = ours;
  }
  const auto level = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (level == kLevelNames.end())
    return "must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not " + quoted(values[0]);
  settings.log_level = static_cast<LogLevel>(std::distance(kLevelNames.begin(), level));
  return std::nullopt;
}

}  // namespace

void declare_output(Declarations& all) {
  all.group("Monitoring and output");
  auto& interval = all.add(kConsume | kStatus | kDemo, "monitoring-interval", "MONITORING_INTERVAL", "TIME",
                           "time between monitor lines, or between updates of status --watch");
  bind_duration(interval, "100ms", "24h", false, FIELD(monitoring_interval));
  interval.of_process = true;
  auto& http =
      all.add(kConsume, "http", "HTTP", "ADDRESS:PORT",
              "serve metrics, health and status there (127.0.0.1:9464, *:9464, unix:PATH); default: off");
  http.set = [](Settings& s, const Values& values, Source) -> Problem {
    if (const auto address = http::parse_address(values[0]); !address) return address.error().message;
    s.http = values[0];
    return std::nullopt;
  };
  http.show = nothing;
  http.of_process = true;
  auto& level = all.add(kAll, "log-level", "LOGLEVEL", "LEVEL", "DEBUG, INFO, WARNING, ERROR or CRITICAL");
  level.set = set_log_level;
  level.of_process = true;
  level.choices.assign(kLevelNames.begin(), kLevelNames.end());
  level.show = [](const Settings& s) {
    return std::string(kLevelNames[static_cast<std::size_t>(s.log_level)]);
  };
  auto& format = all.add(kAll, "log-format", "LOG_FORMAT", "text|json",
                         "text: lines for people; json: an object for each line, also for monitor lines");
  bind_choice(format, "text", "json", FIELD(log_json));
  format.of_process = true;
  bind_switch(all.add(kPublish | kStatus | kVerify | kDeadList | kDeadShow | kBench, "json", "", "",
                      "print the result as one JSON object"),
              FIELD(json));
  bind_switch(
      all.add(kStatus, "all", "", "", "every group of the server, a line for each; reads all its keys"),
      FIELD(all_groups));
  bind_switch(
      all.add(kStatus, "watch", "", "", "keep showing it, on the whole screen of a terminal; q ends it"),
      FIELD(watch));
}

}  // namespace tributary::cli
