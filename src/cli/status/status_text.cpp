#include "cli/status/status_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/terminal/text_table.hpp"
#include "core/base/text.hpp"
#include "core/group/lane_work.hpp"
#include "embed/node_options.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

using observe::at_least;
using observe::GroupStatus;
using observe::JournalStatus;
using observe::MemberStatus;

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string coverage_text(std::optional<std::uint64_t> ms) {
  return ms ? fmt::format("{:.1f} s", static_cast<double>(*ms) / 1000) : "-";
}

std::string busy_text(const MemberStatus& member) {
  if (!member.busy || member.weight == 0) return "-";
  return fmt::format("{:.0f} %", std::min(100.0, *member.busy * 100 / member.weight));
}

std::string role_of(const MemberStatus& member, const GroupStatus& status) {
  if (!member.listed) return "joining";
  if (!member.present) return "silent";
  if (member.id == status.leader) return "leader";
  if (member.leaving) return "leaving";
  return member.weight == 0 ? "standby" : "member";
}

std::string owner_text(const group::MemberId& owner, const GroupStatus& status) {
  if (owner.empty()) return "nobody";
  const auto* member = status.find(owner);
  return member == nullptr ? owner.text + " (gone)" : member->name();
}

void add_line(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format("{:<10}{}\n", name, text);
}

std::string consumers_text(const GroupStatus& status) {
  auto text = fmt::format("{} active", with_commas(status.active()));
  if (status.stuck() > 0)
    text += fmt::format(", {} STUCK (no sign of life for a lease)", with_commas(status.stuck()));
  return text;
}

std::string heading(const StatusReport& report) {
  const auto& status = report.status;
  std::string out;
  add_line(out, "group", report.group);
  add_line(out, "view",
           fmt::format("{}, {} on {}", status.view.text(), count_of(status.consumers, "consumer"),
                       count_of(status.nodes(), "node")));
  add_line(out, "state", state_text(report));
  if (status.desired.desired.state == plan::Desired::State::paused) add_line(out, "", pause_text(status));
  add_line(out, "desired", desired_text(report));
  add_line(out, "consumers", consumers_text(status));
  add_line(out, "leader", status.leader.empty() ? "none at the moment" : owner_text(status.leader, status));
  add_line(
      out, "server",
      fmt::format("{}, process {}, tick {}", report.server,
                  (status.server_identity.empty() ? status.identity : status.server_identity).substr(0, 12),
                  with_commas(status.tick)));
  if (!report.holder.empty())
    add_line(out, "", "a cluster; publish at " + report.holder + ", which has the group");
  add_line(out, "messages",
           fmt::format("{}, {} appended, {} in the stream, {}", rate_text(report.rate),
                       with_commas(status.entries_added), with_commas(status.stream_length),
                       count_of(status.dead_letters, "dead letter")));
  if (const auto key = status.order_key(); !key.empty()) add_line(out, "order", "kept for each " + key);
  if (const auto window = status.dedup_window_ms) {
    const bool whole = status.dedup_reach_ms >= *window;
    add_line(out, "dedup",
             fmt::format("{} dropped; {} kept, of the last {}{}", count_of(status.duplicates, "duplicate"),
                         count_of(status.ids_kept, "id"), coverage_text(status.dedup_reach_ms),
                         whole ? "" : ", the window being " + coverage_text(window)));
  }
  add_line(out, "backlog", at_least(status.backlog(), status.backlog_known()));
  add_line(out, "replay",
           status.coverage_ms() ? "committed messages are kept for at least " +
                                      coverage_text(status.coverage_ms()) + ", in case Redis loses them"
                                : "not reported by any node");
  if (const auto files = status.nodes_with_files(); files > 0)
    add_line(out, "journals", fmt::format("in files on {} of {}", files, count_of(status.nodes(), "node")));
  return out;
}

const std::string& name_of(const JournalStatus& journal) {
  return journal.host.empty() ? journal.directory : journal.host;
}

// "'tributary forget db1 --output-stream orders:stream' ends that".
std::string how_to_forget(const std::string& host, const std::string& group) {
  const auto which = group == embed::NodeOptions().output_stream ? "" : " --output-stream " + group;
  return "'tributary forget " + host + which + "' ends that";
}

std::string warnings(const StatusReport& report) {
  const auto& status = report.status;
  std::string out;
  if (status.nodes() == 0) add_line(out, "WARNING", "no node is running: nothing is received");
  if (!status.identity.empty() && !status.server_identity.empty() &&
      status.identity != status.server_identity) {
    add_line(out, "WARNING",
             "this is not the server process of the view, or its data went back: nodes must join again");
  }
  for (const auto& trouble : processing_troubles(status)) add_line(out, "WARNING", trouble);
  for (const auto& complaint : status.desired.complaints) {
    add_line(out, "WARNING", "desired state: " + complaint + "; nodes keep the last valid value");
  }
  for (const auto& journal : status.journals) {
    add_line(out, "waiting",
             awaited_text(journal) + ": what only it holds is not given up; " +
                 how_to_forget(name_of(journal), report.group));
  }
  if (!status.expelled.empty()) add_line(out, "expelled", status.expelled);
  for (const auto& epoch : status.epochs) {
    add_line(
        out, "epoch",
        fmt::format("process {} ended; its last view that survived is {}{}", epoch.identity.substr(0, 12),
                    epoch.last_view, epoch.revived == "-" ? "" : "; revived: " + epoch.revived));
  }
  return out;
}

std::string active_text(const MemberStatus& member) {
  if (!member.present || !member.active) return "-";
  std::string text = std::to_string(*member.active);
  if (member.silent.empty()) return text;
  text += ", stuck:";
  for (const auto number : member.silent) text += " " + std::to_string(number);
  return text;
}

std::string nodes_table(const GroupStatus& status) {
  TextTable table({"node", "role", ">consumers", ">active", ">capacity", ">busy", ">rate", ">received",
                   ">committed", ">backlog", ">journal", ">replay", "version", "member"});
  for (const auto& member : status.members) {
    table.add({member.name(), role_of(member, status), std::to_string(member.weight), active_text(member),
               member.capacity ? std::to_string(*member.capacity) : "fixed", busy_text(member),
               rate_text(member.rate), with_commas(member.received), with_commas(member.committed),
               with_commas(member.backlog), bytes_text(member.journal_bytes),
               coverage_text(member.coverage_ms), member.version.empty() ? "-" : member.version,
               member.id.text});
  }
  return table.text();
}

std::string lanes_table(const GroupStatus& status) {
  TextTable table({"view", ">lane", "owner", ">position", ">end", ">left"});
  for (const auto& lane : status.old_lanes()) {
    const bool ahead = lane.end && *lane.end > lane.position;
    table.add({lane.id.view.text(), std::to_string(lane.id.index), owner_text(lane.owner, status),
               with_commas(lane.position), lane.end ? with_commas(*lane.end) : "?",
               lane.end ? with_commas(ahead ? *lane.end - lane.position : 0) : "?"});
  }
  return table.text("  ");
}

std::string changes_table(const StatusReport& report) {
  TextTable table({"time", "who", "change", ">revision"});
  for (const auto& line : report.changes) table.add({line.time(), line.who, line.text(), line.revision});
  return "last changes of the desired state:\n" + table.text("  ");
}

std::string losses_table(const StatusReport& report) {
  std::string out = report.losses.size() < report.status.losses
                        ? fmt::format("losses declared, the last {} of {}:\n", report.losses.size(),
                                      with_commas(report.status.losses))
                        : "losses declared:\n";
  TextTable table({"time", "reason", "range"});
  for (const auto& line : report.losses) table.add({line.time(), line.reason, line.range()});
  return out + table.text("  ");
}

}  // namespace

std::string rate_text(std::optional<double> rate) {
  return rate ? with_commas(static_cast<std::uint64_t>(std::llround(*rate))) + "/s" : "-";
}

void StatusReport::take_changes(std::vector<ChangeLine> last) {
  constexpr std::size_t kChangesShown = 5;
  for (const auto& change : last) {
    if (change.field == "state") state_change = change;
  }
  if (last.size() > kChangesShown) last.erase(last.begin(), last.end() - kChangesShown);
  changes = std::move(last);
}

const char* state_name(plan::Desired::State state) {
  constexpr const char* kNames[] = {"running", "paused", "stopped"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string state_text(const StatusReport& report) {
  using State = plan::Desired::State;
  const auto& desired = report.status.desired.desired;
  std::string text = state_name(desired.state);
  if (desired.state == State::stopped && desired.stop_now) text += ", at once";
  if (report.state_change) {
    const auto& told = report.state_change->to.empty() ? "running" : report.state_change->to;
    const bool by_command = text.starts_with(told);
    text += by_command ? " since " + report.state_change->time() + " by " + report.state_change->who
                       : ", set by hand";
  } else if (desired.state != State::running) {
    text += ", set by hand or long ago";
  }
  return text;
}

std::string desired_text(const StatusReport& report) {
  const auto& status = report.status;
  const auto& desired = status.desired.desired;
  const auto actual = status.weight(true) + status.weight(false);
  const bool unreadable = std::ranges::any_of(status.desired.complaints, [](const auto& complaint) {
    return complaint.starts_with("consumers ") || complaint.starts_with("the key ");
  });
  std::string text = unreadable ? std::string("as before")
                     : desired.automatic
                         ? fmt::format("auto, {} to {} consumers", desired.minimum, desired.maximum)
                     : desired.consumers ? count_of(*desired.consumers, "consumer")
                                         : std::string("not set");
  text += fmt::format("; {} in the view", with_commas(actual));
  if (status.weight(false) > 0 && status.has_agents()) {
    text += fmt::format(" ({} of them fixed)", with_commas(status.weight(false)));
  }
  text += fmt::format("; revision {}", status.desired.revision);
  if (desired.batch_size) text += fmt::format("; batch size {}", *desired.batch_size);
  if (desired.idle_timeout_ms) text += fmt::format("; idle time-out {} ms", *desired.idle_timeout_ms);
  const auto why = status.why();
  return why.empty() ? text : text + "; " + why;
}

std::string pause_text(const GroupStatus& status) {
  const auto lasts = status.journal_lasts_s();
  if (!lasts) return "the journals do not grow: nothing arrives";
  const auto seconds = static_cast<std::uint64_t>(*lasts);
  const auto time = seconds < 120    ? fmt::format("{} s", seconds)
                    : seconds < 7200 ? fmt::format("{} min", seconds / 60)
                                     : fmt::format("{} h", with_commas(seconds / 3600));
  return "what arrives is held for about " + time + " more; then journals are full and messages are lost";
}

std::string awaited_text(const JournalStatus& journal) {
  return fmt::format("for the journal of {} ({}), for {} s more", name_of(journal), journal.member.text,
                     with_commas(journal.waits_s));
}

std::vector<std::string> processing_troubles(const GroupStatus& status) {
  std::vector<std::string> lines;
  for (const auto& member : status.members) {
    if (member.present && !member.kept.empty()) lines.push_back(member.name() + ": " + member.kept);
  }
  for (const auto& lane : status.lanes) {
    if (lane.deaths < group::kCarefulDeaths) continue;
    lines.push_back(fmt::format("lane {}: {} died, one after the other, at the message after position {}",
                                lane.id.text(), count_of(lane.deaths, "node"), lane.position));
  }
  return lines;
}

std::string status_text(const StatusReport& report) {
  auto out = heading(report) + warnings(report);
  if (!report.status.members.empty()) out += "\n" + nodes_table(report.status);
  if (!report.status.old_lanes().empty())
    out += "\nopen lanes of earlier views:\n" + lanes_table(report.status);
  if (!report.changes.empty()) out += "\n" + changes_table(report);
  out += "\n";
  return out + (report.losses.empty() ? "losses declared: none\n" : losses_table(report));
}

}  // namespace tributary::cli
