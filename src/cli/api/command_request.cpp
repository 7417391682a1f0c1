#include "cli/api/command_request.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "cli/options/options.hpp"
#include "core/base/safe_text.hpp"

namespace tributary::cli {
namespace {

namespace json = boost::json;

// Of all that these commands have, what is for others to say; the rest goes by the node's settings.
constexpr std::array<std::string_view, 10> kOptions{"minimum", "maximum",    "if-revision", "now",   "id",
                                                    "reason",  "older-than", "newer-than",  "limit", "all"};

Error wrong(const std::string& what) { return {ErrorKind::usage, what}; }

std::optional<std::string> text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.as_string());
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (value.is_int64() || value.is_uint64()) return json::serialize(value);
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const json::value& value) {
  std::vector<std::string> texts;
  if (!value.is_array()) {
    if (auto text = text_of(value)) texts.push_back(std::move(*text));
  } else {
    for (const auto& item : value.as_array()) {
      auto text = text_of(item);
      if (!text) return std::nullopt;
      texts.push_back(std::move(*text));
    }
  }
  return texts.empty() ? std::nullopt : std::optional(texts);
}

const Option* find_option(const std::string& name, Command command) {
  if (std::ranges::find(kOptions, name) == kOptions.end()) return nullptr;
  const auto found = std::ranges::find_if(
      all_options(), [&](const Option& option) { return option.name == name && option.belongs_to(command); });
  return found == all_options().end() ? nullptr : &*found;
}

Status take(Settings& settings, Command command, std::string_view key, const json::value& value) {
  const auto values = texts_of(value);
  if (!values) return wrong(valid_utf8(key) + " has a value that makes no sense");
  if (command == Command::scale && key == "consumers") {
    settings.control.target = values->front();
    return Done{};
  }
  std::string name(key);
  std::ranges::replace(name, '_', '-');
  const auto* option = find_option(name, command);
  if (option == nullptr) return wrong(std::string(name_of(command)) + " has no " + valid_utf8(key));
  if (values->size() > 1 && !option->repeatable) return wrong(std::string(key) + " is one value");
  if (const auto problem = option->set(settings, *values, Source::flag))
    return wrong(std::string(key) + " " + *problem);
  return Done{};
}

}  // namespace

std::optional<Command> command_at(std::string_view path) {
  static const std::map<std::string_view, Command> kPaths{
      {"/api/scale", Command::scale},           {"/api/pause", Command::pause},
      {"/api/resume", Command::resume},         {"/api/stop", Command::stop},
      {"/api/dead/retry", Command::dead_retry}, {"/api/dead/drop", Command::dead_drop}};
  const auto found = kPaths.find(path);
  return found == kPaths.end() ? std::nullopt : std::optional(found->second);
}

Result<Settings> read_command(Command command, std::string_view body, const Settings& of_node) {
  Settings settings = of_node;
  settings.control.wait = std::chrono::milliseconds(0);  // who asks sees it in the status
  settings.yes = true;
  if (settings.processing_retries == std::numeric_limits<std::uint32_t>::max())
    settings.processing_retries = default_settings(command).processing_retries;
  json::error_code error;
  json::parse_options bounds;
  bounds.max_depth = 4;
  const auto value = body.empty() ? json::value(json::object()) : json::parse(body, error, {}, bounds);
  if (error || !value.is_object()) return wrong("the body must be a JSON object");
  for (const auto& [key, item] : value.as_object()) {
    if (const auto taken = take(settings, command, key, item); !taken) return taken.error();
  }
  if (const auto problem = contradiction(settings, command)) return wrong(*problem);
  return settings;
}

}  // namespace tributary::cli
