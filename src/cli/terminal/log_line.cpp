#include "cli/terminal/log_line.hpp"

#include <fmt/chrono.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <variant>

#include "core/base/safe_text.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;

struct LevelLook {
  std::string_view text;  // of one width, so that what follows lines up
  std::string_view json;
  std::string_view colour;
};
constexpr std::array<LevelLook, 4> kLevels{{{"DEBUG", "debug", "\x1b[36m"},
                                            {"INFO ", "info", "\x1b[32m"},
                                            {"WARN ", "warn", "\x1b[33m\x1b[1m"},
                                            {"ERROR", "error", "\x1b[31m\x1b[1m"}}};

json::value json_of(const std::variant<std::uint64_t, std::string>& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
  return json::value(valid_utf8(std::get<std::string>(value)));
}

std::string json_line(const std::timespec& now, const group::Report& report, const LogSource& source) {
  json::object line{{"time", iso_time(now)},
                    {"level", kLevels[static_cast<std::size_t>(report.level)].json},
                    {"event", report.event.name()}};
  if (!source.group.empty()) line["group"] = valid_utf8(source.group);
  line["message"] = valid_utf8(report.text);
  for (const auto& figure : report.figures) line[figure.name] = json_of(figure.value);
  return json::serialize(line) + "\n";
}

}  // namespace

std::string iso_time(const std::timespec& time) {
  std::tm local{};
  localtime_r(&time.tv_sec, &local);
  const auto minutes = std::abs(local.tm_gmtoff) / 60;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}{}{:02}:{:02}", local, time.tv_nsec / 1'000'000,
                     local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string log_line(const LogStyle& style, const std::timespec& now, const group::Report& report,
                     const LogSource& source) {
  if (style.json) return json_line(now, report, source);
  const auto& level = kLevels[static_cast<std::size_t>(report.level)];
  const auto time = style.terminal ? fmt::format("{:%H:%M:%S}", fmt::localtime(now.tv_sec)) : iso_time(now);
  return fmt::format("{} {}{}{} {}{}\n", time, style.colour ? level.colour : "", level.text,
                     style.colour ? "\x1b[m" : "", source.prefix, report.text);
}

}  // namespace tributary::cli
