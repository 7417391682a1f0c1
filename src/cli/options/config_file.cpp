#include "cli/options/config_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool is_comment_or_empty(std::string_view text) { return text.empty() || text[0] == '#' || text[0] == ';'; }

// The value of the text behind "=", or nothing if its quotes are wrong.
std::optional<std::string_view> value_of(std::string_view text) {
  if (text.starts_with('"') || text.starts_with('\'')) {
    const auto end = text.find(text[0], 1);
    if (end == std::string_view::npos || !is_comment_or_empty(trimmed(text.substr(end + 1))))
      return std::nullopt;
    return text.substr(1, end - 1);
  }
  const auto comment = text.find(" #");
  return trimmed(text.substr(0, comment));
}

Error bad_line(const std::string& file, int line, std::string_view what) {
  return {ExitCode::configuration, file + " line " + std::to_string(line) + ": " + std::string(what)};
}

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& file) {
  std::vector<ConfigEntry> entries;
  int number = 0;
  for (const auto raw : split(text, '\n')) {
    ++number;
    const auto line = trimmed(raw);
    if (is_comment_or_empty(line)) continue;
    if (line[0] == '[')
      return bad_line(file, number, "sections are not used; write only lines of the form key = value");
    const auto equals = line.find('=');
    const auto key = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty())
      return bad_line(file, number, "not of the form key = value");
    const auto value = value_of(trimmed(line.substr(equals + 1)));
    if (!value)
      return bad_line(file, number, "the quotes of the value of " + std::string(key) + " do not match");
    entries.push_back({number, std::string(key), std::string(*value)});
  }
  return entries;
}

Result<std::vector<ConfigEntry>> read_config(const std::string& file) {
  std::error_code error;
  const bool is_directory = std::filesystem::is_directory(file, error);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open() || is_directory) {
    const std::string reason = is_directory ? "it is a directory" : std::strerror(errno);
    return Error{ExitCode::configuration, "cannot read the configuration file " + file + ": " + reason};
  }
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxConfigBytes) {
    return Error{ExitCode::configuration, "the configuration file " + file + " is larger than 1 MiB"};
  }
  return parse_config(text, file);
}

}  // namespace tributary::cli
