#include "cli/options/declared/declarations.hpp"
#include "cli/options/options.hpp"
#include "cli/terminal/safe_text.hpp"

namespace tributary::cli {
namespace {

constexpr std::string_view kForSeveral =
    ": what is published on any other name does not arrive; for several channels run a group for each, with "
    "an "
    "--output-stream and a --consumers-list of its own";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string taken_as(const std::string& option, const std::string& name) {
  return "--" + option + " \"" + visible_text(name) + "\" is taken as it is written";
}

}  // namespace

std::vector<std::string> doubts(const Settings& settings, Command command) {
  std::vector<std::string> lines;
  const auto bit = static_cast<unsigned>(command);
  const auto& channel = settings.input_channel;
  if ((bit & (kConsume | kPublish)) != 0) {
    const auto taken = taken_as("input-channel", channel);
    if (channel.find_first_of("*?[") != std::string::npos) {
      lines.push_back(taken + ", as the name of one channel and not as a pattern" + std::string(kForSeveral));
    } else if (channel.find(',') != std::string::npos) {
      lines.push_back(taken + ", as the name of one channel and not as a list" + std::string(kForSeveral));
    }
  }
  const auto look = [&](unsigned commands, const char* option, const std::string& name) {
    if ((bit & commands) == 0 || name.empty()) return;
    if (visible_text(name) != name || is_blank(name.front()) || is_blank(name.back())) {
      lines.push_back(taken_as(option, name) + ", with the blanks or the bytes that cannot be seen");
    }
  };
  look(kConsume | kPublish | kStatus, "input-channel", channel);
  look(kConsume | kStatus | kVerify | kControl | kDead, "output-stream", settings.output_stream);
  look(kConsume | kStatus | kControl, "consumers-list", settings.consumers_list);
  return lines;
}

}  // namespace tributary::cli
