#include "cli/reference/example_config.hpp"

#include <fmt/format.h>

#include "cli/options/help.hpp"
#include "cli/options/options.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kWidth = 100;

constexpr const char* kHead =
    R"(# Configuration of tributary's nodes: "tributary agent" and "tributary consume".
#
# Every line below is the default; remove the "#" of what you want to change. Where there is no default,
# the kind of value is named instead. Lines are "key = value"; a value with a "#" or with blanks at
# its ends needs quotes. For several channels or patterns there may be several such lines.
#
# All nodes of a group need the same output-stream, input channels and patterns, format, id-member, order-key, lease,
# beat and replay-window, and should have the same processor.
#
# An environment variable (see /etc/default/tributary) wins over this file, a flag over both. Every user of
# this host can read this file: put a password into /etc/default/tributary, which only root can read.
#
# More: man tributary, and /usr/share/doc/tributary/docs/operating.md.
)";

void append_comment(std::string& out, std::string_view text) {
  for (const auto& line : wrapped(text, kWidth - 2)) out += "# " + line + "\n";
}

std::string heading(const std::string& group) {
  std::string line = "\n# --- " + group + " ";
  line.resize(kWidth + 1, '-');
  return line + "\n";
}

}  // namespace

std::string example_config() {
  std::string out = kHead;
  std::string group;
  for (const auto& option : all_options()) {
    const bool fixed = option.belongs_to(Command::consume);
    const bool shared_out = option.belongs_to(Command::agent);
    if (!fixed && !shared_out) continue;
    if (option.group != group) out += heading(group = option.group);
    const auto only = fixed && shared_out ? "" : fixed ? " (only of consume)" : " (only of agent)";
    out += "\n";
    append_comment(out, option.help + only);
    const auto value = option.show(default_settings(fixed ? Command::consume : Command::agent));
    out += fmt::format("#{} = {}\n", option.name, value.empty() ? option.value_name : value);
  }
  out += heading("Several groups");
  out += "\n";
  append_comment(
      out,
      "One agent may serve several groups, each named by its output stream. A section holds what differs for "
      "its group; what stands above is for all. Then there is no output-stream above, and consumers-list "
      "is NAME:consumer:ids unless it is set in the section.");
  return out + "#[group orders]\n# input-channel = orders\n";
}

}  // namespace tributary::cli
