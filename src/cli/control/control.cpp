#include "cli/control/control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "cli/commands.hpp"
#include "cli/group/change_lines.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/options/quantity.hpp"
#include "cli/system/interrupt.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"

// The commands that change what is wanted of the whole group: scale, pause, resume, stop. Each changes the
// desired state by one script call, says what was changed, and waits until the group shows it.
namespace tributary::cli {
namespace {

using observe::GroupStatus;
using State = plan::Desired::State;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr std::size_t kMostNodesNamed = 20;

using Fields = std::vector<std::pair<std::string, std::string>>;

std::string names_of(const GroupStatus& status) {
  std::string text;
  std::size_t named = 0;
  for (const auto& member : status.members) {
    if (!member.present) continue;
    if (++named <= kMostNodesNamed) text += (text.empty() ? "" : ", ") + member.name();
  }
  return named > kMostNodesNamed ? text + fmt::format(" and {} more", named - kMostNodesNamed) : text;
}

class Control {
 public:
  Control(const Settings& settings, redis::SyncClient client, const Caller& caller)
      : settings_(settings), client_(std::move(client)), caller_(caller) {}

  Result<ExitCode> scale();
  Result<ExitCode> pause_or_resume(State wanted);
  Result<ExitCode> stop();

 private:
  void say(const std::string& line) const { caller_.say(line); }
  Status look();
  Status change(const Fields& fields);
  /// True once `shown` holds; false if the time is over, or somebody changed the desired state
  /// again: said then.
  Result<bool> wait_for(const std::function<bool(const GroupStatus&)>& shown, const std::string& what);
  bool waits() const { return settings_.control.wait.count() > 0; }
  std::string after() const {
    const auto took = std::chrono::duration<double>(steady_clock::now() - changed_at_).count();
    return fmt::format("after {:.2f} s", took);
  }

  const Settings& settings_;
  redis::SyncClient client_;
  const Caller& caller_;
  GroupStatus status_;  // as last read
  std::uint64_t revision_ = 0;
  steady_clock::time_point changed_at_;
};

Status Control::look() {
  auto status = read_group(client_, settings_);
  if (!status) return status.error();
  status_ = std::move(*status);
  return Done{};
}

Status Control::change(const Fields& fields) {
  const auto& based_on = settings_.control.if_revision;
  std::vector<std::string> arguments{caller_.name, "-", based_on ? std::to_string(*based_on) : "-"};
  for (const auto& [field, value] : fields) arguments.insert(arguments.end(), {field, value});
  changed_at_ = steady_clock::now();
  const auto answer = run_script(client_, settings_, group::Script::desire, arguments);
  if (!answer) return answer.error();
  const auto& values = answer.value();
  const auto part = [&](std::size_t i) { return i < values.size() ? values[i] : std::string("?"); };
  if (part(0) == "conflict") {
    return Error{ErrorKind::conflict, "nothing was changed: the desired state has revision " + part(1) +
                                          ", made by " + part(2) + ", not " + arguments[2] +
                                          "; look at it with tributary status"};
  }
  if (part(0) == "invalid") {
    return Error{ErrorKind::configuration, "nothing was changed: " + part(1) + " must be " + part(2)};
  }
  if (part(0) != "ok" || values.size() < 2 + fields.size()) {
    return Error{ErrorKind::software,
                 "the server's answer to a change of the desired state cannot be understood"};
  }
  revision_ = to_number(values[1]).value_or(0);
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto& [field, value] = fields[i];
    if (values[2 + i] != value) text += (text.empty() ? "" : ", ") + change_text(field, values[2 + i], value);
  }
  say(fmt::format("{} of group {} (revision {})", text.empty() ? "no change to the desired state" : text,
                  settings_.output_stream, values[1]));
  return Done{};
}

Result<bool> Control::wait_for(const std::function<bool(const GroupStatus&)>& shown,
                               const std::string& what) {
  if (caller_.is_person) catch_interrupts();
  while (true) {
    if (const auto done = look(); !done) return done.error();
    if (shown(status_)) return true;
    if (status_.desired.revision != revision_) {
      say("no longer waiting: the desired state was changed again, by " + status_.desired.desired.changed_by);
      return false;
    }
    if (caller_.asked_to_stop()) return interruption("the change was made");
    if (steady_clock::now() - changed_at_ >= settings_.control.wait) {
      return Error{ErrorKind::temporary,
                   "the change was made, but after " + format_duration(settings_.control.wait) +
                       " the group does not show it yet: " + what + "; look at it with tributary status"};
    }
    pause_for(kBetweenLooks);
  }
}

// How many consumers the leader makes of a number that was asked for.
std::uint64_t consumers_for(std::uint64_t wanted, const GroupStatus& status) {
  return std::max<std::uint64_t>({wanted, status.weight(false), 1});
}

Result<ExitCode> Control::scale() {
  const auto& control = settings_.control;
  const bool automatic = control.target == "auto";
  const auto wanted = to_number(control.target).value_or(0);
  Fields fields{{"consumers", automatic ? "auto" : std::to_string(wanted)}};
  if (control.minimum > 0) fields.emplace_back("minimum", std::to_string(control.minimum));
  if (control.maximum > 0) fields.emplace_back("maximum", std::to_string(control.maximum));
  if (const auto done = change(fields); !done) return done.error();
  if (const auto done = look(); !done) return done.error();
  if (status_.nodes() == 0) {
    say("no node of this group is running; it takes effect when one starts");
    return ExitCode::ok;
  }
  if (status_.desired.desired.state == State::stopped)
    say("the group is stopped: 'tributary resume' lets nodes run again");
  if (!status_.has_agents()) {
    say(fmt::format("only nodes with a fixed number run ({}): nothing moves until a tributary agent joins",
                    count_of(status_.weight(false), "consumer")));
    return ExitCode::ok;
  }
  if (!automatic && status_.weight(false) > wanted) {
    say(fmt::format("nodes with a fixed number have {} already: agents get none",
                    count_of(status_.weight(false), "consumer")));
  }
  if (!waits()) return ExitCode::ok;
  const auto shown = wait_for(
      [&](const GroupStatus& status) {
        const auto sum = status.weight(true) + status.weight(false);
        return automatic ? status.why().starts_with("auto:") : sum == consumers_for(wanted, status);
      },
      "its view has not changed yet");
  if (!shown) return shown.error();
  if (!shown.value()) return ExitCode::ok;
  say(fmt::format("in force {}: {} on {}, view {}", after(),
                  count_of(status_.weight(true) + status_.weight(false), "consumer"),
                  count_of(status_.nodes(), "node"), status_.view.text()));
  if (automatic) say("the leader says: " + status_.why());
  return ExitCode::ok;
}

Result<ExitCode> Control::pause_or_resume(State wanted) {
  if (const auto done = look(); !done) return done.error();
  if (!status_.exists()) return no_such_group(settings_);
  const bool was_stopped = status_.desired.desired.state == State::stopped;
  const std::string name = wanted == State::paused ? "paused" : "running";
  Fields fields{{"state", name}};
  if (status_.desired.desired.stop_now) fields.emplace_back("how", "");
  if (const auto done = change(fields); !done) return done.error();
  if (status_.nodes() == 0) {
    say(was_stopped ? "no node is running, because the group was stopped: start them again"
                    : "no node is running");
    return ExitCode::ok;
  }
  if (waits()) {
    const auto shown = wait_for(
        [&](const GroupStatus& status) {
          return std::ranges::all_of(status.members, [&](const auto& member) {
            return !member.present || !member.listed || member.leaving || member.state == name;
          });
        },
        "some nodes do not report it yet");
    if (!shown) return shown.error();
    if (!shown.value()) return ExitCode::ok;
    say(fmt::format("all nodes are {} {}: {}", name, after(), names_of(status_)));
  } else {
    say("nodes: " + names_of(status_));
  }
  if (wanted == State::paused) {
    say("what arrives is received and held, as far as --journal-limit goes: tributary status shows how long "
        "that lasts");
  }
  return ExitCode::ok;
}

Result<ExitCode> Control::stop() {
  if (const auto done = look(); !done) return done.error();
  if (!status_.exists()) return no_such_group(settings_);
  const auto nodes = status_.nodes();
  const auto losses = status_.losses;
  const bool now = settings_.control.now;
  if (nodes > 0) say("ending " + count_of(nodes, "node") + ": " + names_of(status_));
  Fields fields{{"state", "stopped"}};
  if (now || status_.desired.desired.stop_now) fields.emplace_back("how", now ? "now" : "");
  if (const auto done = change(fields); !done) return done.error();
  if (nodes == 0) {
    say("no node is running; one that is started ends at once, until 'tributary resume'");
    return ExitCode::ok;
  }
  if (!waits()) return ExitCode::ok;
  const auto shown = wait_for([](const GroupStatus& status) { return status.nodes() == 0; },
                              "nodes still run or finish what they have");
  if (!shown) return shown.error();
  if (!shown.value()) return ExitCode::ok;
  say(fmt::format("all nodes have ended {}", after()));
  if (now) {
    say(status_.losses > losses
            ? fmt::format(
                  "what was not appended is in the loss ledger: {} more than before (tributary status)",
                  count_of(status_.losses - losses, "line"))
            : "nothing was left undone; the loss ledger has no new lines");
  }
  say("until 'tributary resume' every node that is started ends at once");
  return ExitCode::ok;
}

}  // namespace

Result<ExitCode> change_group(Command command, const Settings& given, const Caller& caller) {
  Settings settings = given;
  auto client = connect_to_group(settings, caller.patience);
  if (!client) return client.error();
  Control control(settings, std::move(*client), caller);
  switch (command) {
    case Command::scale:
      return control.scale();
    case Command::pause:
      return control.pause_or_resume(State::paused);
    case Command::resume:
      return control.pause_or_resume(State::running);
    default:
      return control.stop();
  }
}

Result<ExitCode> run_scale(const Settings& settings) {
  return change_group(Command::scale, settings, person());
}
Result<ExitCode> run_pause(const Settings& settings) {
  return change_group(Command::pause, settings, person());
}
Result<ExitCode> run_resume(const Settings& settings) {
  return change_group(Command::resume, settings, person());
}
Result<ExitCode> run_stop(const Settings& settings) {
  return change_group(Command::stop, settings, person());
}

}  // namespace tributary::cli
