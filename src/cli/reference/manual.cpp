#include "cli/reference/manual.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/options/options.hpp"
#include "tributary/version.hpp"

namespace tributary::cli {
namespace {

// Text as man(7) shall show it: no character of it means anything to the formatter.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-') {
      out += "\\-";
    } else if (c == '\\') {
      out += "\\e";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string header(std::string_view page, std::string_view summary) {
  return fmt::format(
      ".TH {} 1 \"\" \"tributary {}\" \"tributary\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
      upper(plain(page)), plain(TRIBUTARY_VERSION), plain(page), plain(summary));
}

// One entry of a list: what is explained, in bold, then the explanation.
std::string item(std::string_view what, std::string_view explanation) {
  return fmt::format(".TP\n\\fB{}\\fR\n{}\n", plain(what), plain(explanation));
}

// "consume, agent": the commands that have the option.
std::string commands_of(const Option& option) {
  std::string names;
  for (const auto& facts : all_commands()) {
    if (!option.belongs_to(facts.command)) continue;
    names += (names.empty() ? "" : ", ") + std::string(facts.name);
  }
  return names;
}

std::string option_item(const Option& option, const Settings& defaults, bool name_commands) {
  std::string out = option.is_flag ? fmt::format(".TP\n\\fB{}\\fR", plain("--" + option.name))
                                   : fmt::format(".TP\n\\fB{}\\fR (no flag)", plain(option.name));
  if (option.is_flag && !option.value_name.empty())
    out += fmt::format(" \\fI{}\\fR", plain(option.value_name));
  out += "\n" + plain(option.help) + ".\n";
  const auto value = option.show(defaults);
  if (!value.empty()) out += fmt::format("Default: {}.\n", plain(value));
  if (!option.environment.empty()) out += fmt::format("Variable: \\fB{}\\fR.\n", plain(option.environment));
  if (name_commands) out += fmt::format("Of: {}.\n", plain(commands_of(option)));
  return out;
}

// The page of a command: "dead list" is explained in tributary-dead-list(1).
std::string page_of(const CommandFacts& facts) {
  auto page = fmt::format("tributary-{}", facts.name);
  std::replace(page.begin(), page.end(), ' ', '-');
  return page;
}

constexpr const char* kGeneralOptions = R"(.TP
\fB\-\-config\fR \fIFILE\fR
the configuration file, see
.BR tributary (1).
Variable: \fBTRIBUTARY_CONFIG\fR.
.TP
\fB\-\-help\fR, \fB\-h\fR
show the options.
)";

constexpr const char* kValues = R"(.SH VALUES
A flag wins over an environment variable, a variable over the configuration file, the file over the default.
Each variable also has a name with TRIBUTARY_ in front, which wins over the short one.
\fITIME\fR is such as 500ms, 1.5s, 2m, 1h, or a bare number of seconds.
\fISIZE\fR is in bytes, or such as 64KiB, 256MiB, 1GiB.
)";

constexpr const char* kConfigurationFile = R"(.SH CONFIGURATION FILE
Lines of the form \fIkey\fR = \fIvalue\fR; the keys are the flags' names without the dashes.
A comment begins with # or ;.
Quotes, double or single, keep a value as it is between them.
A file may hold keys of several commands.
Unknown keys are refused.
.PP
A section, [group \fINAME\fR], holds what differs for the group of that output stream; what stands before the sections is for
all.
.B tributary agent
runs a node of each group,
.B tributary status
lists them; commands for one group go by the section that \-\-output\-stream names.
)";

constexpr const char* kDescription = R"(.SH DESCRIPTION
.B tributary
lets any number of workers share one Redis Pub/Sub channel, and carries every message exactly once into a Redis Stream.
All nodes with the same output stream are one group.
They find each other through Redis.
What a dead node has not appended, the others still hold.
.PP
SIGTERM, SIGINT (Ctrl\-C), SIGQUIT or SIGHUP ends a node in good order: it finishes or hands over its work.
A second signal ends it at once.
)";

struct Row {
  const char* what;
  const char* explanation;
};

constexpr Row kExitCodes[] = {
    {"0", "Done."},
    {"1", "The answer is no: verify found something, or there is no such group, or it has another revision."},
    {"64", "Unknown command or option, value out of range, settings that contradict each other."},
    {"65", "An input file that cannot be understood, or a key of another type."},
    {"66", "An input file that cannot be read."},
    {"69", "No server, or one that cannot be used."},
    {"70", "A server that contradicts itself."},
    {"73", "An output file that cannot be written."},
    {"74", "Standard output could not be written. Not of nodes."},
    {"75", "Refused now, may work later."},
    {"77", "Wrong password, missing right."},
    {"78", "Configuration file, server settings that endanger data, a key of the wrong type."},
    {"129, 130, 131, 143",
     "Ended by SIGHUP, SIGINT, SIGQUIT or SIGTERM: of a node the second one, of a command that ends by "
     "itself the "
     "first."},
};

constexpr Row kFiles[] = {
    {"/etc/tributary/tributary.conf", "Configuration of the service tributary-agent."},
    {"/etc/tributary/GROUP.conf", "Configuration of the service tributary-agent@GROUP."},
    {"/etc/default/tributary", "Environment variables of these services."},
};

template <std::size_t Size>
std::string section(std::string_view title, const Row (&rows)[Size]) {
  std::string out = fmt::format(".SH {}\n", title);
  for (const auto& row : rows) out += item(row.what, row.explanation);
  return out;
}

std::string see_also(Command except, bool general) {
  std::string out = ".SH SEE ALSO\n";
  std::string pages = general ? "" : ".BR tributary (1)";
  for (const auto& facts : all_commands()) {
    if (!general && facts.command == except) continue;
    if (!pages.empty()) pages += ",\n";
    pages += fmt::format(".BR {} (1)", plain(page_of(facts)));
  }
  return out + pages + "\n.PP\nDocuments in /usr/share/doc/tributary.\n";
}

// The options of one command or, where none is given, of all.
std::string option_sections(const CommandFacts* facts) {
  const Settings defaults = default_settings(facts == nullptr ? Command::consume : facts->command);
  std::string out;
  std::string group;
  for (const auto& option : all_options()) {
    if (facts != nullptr && !option.belongs_to(facts->command)) continue;
    if (option.group != group) {
      group = option.group;
      out += fmt::format(".SS {}\n", plain(group));
    }
    out += option_item(option, defaults, facts == nullptr);
  }
  return out;
}

}  // namespace

std::string general_manual() {
  std::string out =
      header("tributary", "carry every message of a Redis Pub/Sub channel exactly once into a stream");
  out += ".B tributary\n.I COMMAND\n[\\fIOPTION\\fR ...]\n";
  out += kDescription;
  out += ".SH COMMANDS\n";
  for (const auto& facts : all_commands()) {
    out += item(fmt::format("{}{}{}", facts.name, facts.argument.empty() ? "" : " ", facts.argument),
                facts.summary);
  }
  out += ".SH OPTIONS\n";
  out += kGeneralOptions;
  out += item("--version, -v", "show the version.");
  out += option_sections(nullptr);
  out += kValues;
  out += kConfigurationFile;
  out += ".SH ENVIRONMENT\nThe variables named above. One that is empty counts as not set.\n";
  out += item("NO_COLOR", "If not empty: no colours.");
  out += section("FILES", kFiles);
  out += section("EXIT STATUS", kExitCodes);
  return out + see_also(Command::consume, true);
}

Manual command_manual(Command command) {
  const auto facts = std::find_if(all_commands().begin(), all_commands().end(),
                                  [&](const CommandFacts& f) { return f.command == command; });
  std::string summary(facts->summary);
  if (summary.ends_with('.')) summary.pop_back();
  std::string out = header(page_of(*facts), summary);
  out += fmt::format(".B tributary {}\n", plain(facts->name));
  if (!facts->argument.empty()) out += fmt::format(".I {}\n", plain(facts->argument));
  out += "[\\fIOPTION\\fR ...]\n.SH DESCRIPTION\n" + plain(facts->summary) + "\n";
  if (!facts->argument.empty()) {
    out += fmt::format(".PP\n\\fI{}\\fR: {}.\n", plain(facts->argument), plain(facts->argument_help));
  }
  out += ".SH OPTIONS\n";
  out += option_sections(&*facts);
  out += ".SS General\n";
  out += kGeneralOptions;
  out += kValues;
  out += ".SH EXIT STATUS\nSee\n.BR tributary (1).\n";
  return {page_of(*facts), out + see_also(command, false)};
}

}  // namespace tributary::cli
