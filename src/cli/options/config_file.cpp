#include "cli/options/config_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

constexpr std::string_view kBlanks = " \t\r\v\f";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // some editors put it in front of UTF-8

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_comment_or_empty(std::string_view text) { return text.empty() || text[0] == '#' || text[0] == ';'; }

std::string_view without_comment(std::string_view text) {
  for (auto at = text.find('#'); at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (at > 0 && kBlanks.find(text[at - 1]) != std::string_view::npos) return text.substr(0, at);
  }
  return text;
}

// The value of the text behind "=", or nothing if its quotes are wrong.
std::optional<std::string_view> value_of(std::string_view text) {
  if (text.starts_with('"') || text.starts_with('\'')) {
    const auto end = text.find(text[0], 1);
    if (end == std::string_view::npos || !is_comment_or_empty(trimmed(text.substr(end + 1))))
      return std::nullopt;
    return text.substr(1, end - 1);
  }
  return trimmed(without_comment(text));
}

// The first character in a text that nobody sees, as "\xc2\xa0"; empty if there is none. Such come in by copying from
// web pages and mails. The text itself is not shown: it may be a password.
std::string unseen_in(std::string_view text) {
  constexpr std::string_view kBlankOfWebPages = "\xc2\xa0";
  if (!is_utf8(text)) return {};  // what is written in another encoding is seen
  const auto shown = visible_text(text);
  const auto first = static_cast<std::size_t>(std::ranges::mismatch(text, shown).in1 - text.begin());
  if (text.substr(0, first).find(kBlankOfWebPages) != std::string_view::npos) return "\\xc2\\xa0";
  if (first == text.size()) return {};
  const auto lead = static_cast<unsigned char>(text[first]);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return shown.substr(first, 4 * bytes);
}

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<ConfigFile> read(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    number_ = 1;
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
      return bad_line("this is UTF-16; save the file as UTF-8");
    number_ = 0;
    for (const auto raw : split(text, '\n')) {
      ++number_;
      const auto line = trimmed(raw);
      if (is_comment_or_empty(line)) continue;
      if (auto done = line[0] == '[' ? take_heading(line) : take_entry(line); !done) return done.error();
    }
    return std::move(config_);
  }

 private:
  Status take_heading(std::string_view line) {
    constexpr std::string_view kGroup = "group";
    const auto whole = trimmed(without_comment(line));
    const auto inner = trimmed(whole.substr(1, whole.size() - 2));
    const auto behind = inner.substr(std::min(kGroup.size(), inner.size()));
    const auto group = trimmed(behind);
    const bool of_group = inner.starts_with(kGroup) && (behind.empty() || behind[0] != group[0]);
    if (!whole.ends_with(']') || !of_group)
      return bad_line("sections are of the form [group NAME], one for each group");
    if (group.empty()) return bad_line("[group NAME] needs a name, which is the group's output stream");
    if (const auto unseen = unseen_in(group); !unseen.empty())
      return bad_line("the group's name holds the character " + unseen + ", which cannot be seen");
    for (const auto& section : config_.sections) {
      if (section.group != group) continue;
      return bad_line("group " + section.group + " already has a section, in line " +
                      std::to_string(section.line));
    }
    config_.sections.push_back({number_, std::string(group), {}});
    return Done{};
  }

  Status take_entry(std::string_view line) {
    const auto equals = line.find('=');
    const auto key = trimmed(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) return bad_line("not of the form key = value");
    if (const auto unseen = unseen_in(key); !unseen.empty())
      return bad_line("the key holds the character " + unseen + ", which cannot be seen");
    const auto behind = trimmed(line.substr(equals + 1));
    const auto value = value_of(behind);
    if (!value) return bad_line("the quotes of the value of " + std::string(key) + " do not match");
    const bool quoted = value->data() != behind.data();
    if (const auto unseen = unseen_in(*value); !quoted && !unseen.empty()) {
      return bad_line("the value of " + std::string(key) + " holds the character " + unseen +
                      ", which cannot be seen; put the value in quotes if that is meant");
    }
    auto& entries = config_.sections.empty() ? config_.entries : config_.sections.back().entries;
    entries.push_back({number_, std::string(key), std::string(*value)});
    return Done{};
  }

  Error bad_line(std::string_view what) const {
    return {ErrorKind::configuration, file_ + " line " + std::to_string(number_) + ": " + std::string(what)};
  }

  const std::string& file_;
  int number_ = 0;
  ConfigFile config_;
};

}  // namespace

Result<ConfigFile> parse_config(std::string_view text, const std::string& file) {
  return Reader(file).read(text);
}

Result<ConfigFile> read_config(const std::string& file) {
  std::error_code error;
  const bool is_directory = std::filesystem::is_directory(file, error);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open() || is_directory) {
    const std::string reason = is_directory ? "it is a directory" : std::strerror(errno);
    return Error{ErrorKind::configuration, "cannot read the configuration file " + file + ": " + reason};
  }
  std::string text(kMaxConfigBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxConfigBytes) {
    return Error{ErrorKind::configuration, "the configuration file " + file + " is larger than 1 MiB"};
  }
  return parse_config(text, file);
}

}  // namespace tributary::cli
