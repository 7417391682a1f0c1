#include "cli/status_text.hpp"

#include <fmt/format.h>

#include <cmath>

#include "cli/text_table.hpp"
#include "observe/monitor_line.hpp"
#include "observe/number_text.hpp"

namespace tributary::cli {
namespace {

using observe::count_of;
using observe::GroupStatus;
using observe::MemberStatus;
using observe::with_commas;

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string rate_text(std::optional<double> rate) {
  return rate ? with_commas(static_cast<std::uint64_t>(std::llround(*rate))) + "/s" : "-";
}

std::string coverage_text(std::optional<std::uint64_t> ms) {
  return ms ? fmt::format("{:.1f} s", static_cast<double>(*ms) / 1000) : "-";
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

std::string heading(const StatusReport& report) {
  const auto& status = report.status;
  std::string out;
  add_line(out, "group", report.group);
  add_line(out, "view",
           fmt::format("{}, {} on {}", status.view.text(), count_of(status.consumers, "consumer"),
                       count_of(status.nodes(), "node")));
  add_line(out, "leader", status.leader.empty() ? "none at the moment" : owner_text(status.leader, status));
  add_line(out, "server",
           fmt::format("{}, process {}, tick {}", report.server, status.server_identity.substr(0, 12),
                       with_commas(status.tick)));
  add_line(out, "messages",
           fmt::format("{}, {} appended, {} in the stream, {}", rate_text(report.rate),
                       with_commas(status.entries_added), with_commas(status.stream_length),
                       count_of(status.dead_letters, "dead letter")));
  add_line(out, "backlog", with_commas(status.backlog()));
  add_line(out, "replay",
           status.coverage_ms() ? "committed messages are kept for " + coverage_text(status.coverage_ms()) +
                                      " at least, should Redis lose them"
                                : "not told by any node");
  return out;
}

std::string warnings(const GroupStatus& status) {
  std::string out;
  if (status.nodes() == 0) add_line(out, "WARNING", "no node is running: nothing is received");
  if (!status.identity.empty() && status.identity != status.server_identity) {
    add_line(out, "WARNING",
             "this is not the server process of the view, or its data went back: nodes must join again");
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

std::string nodes_table(const GroupStatus& status) {
  TextTable table({"node", "role", ">consumers", ">rate", ">received", ">committed", ">backlog", ">journal",
                   ">replay", "version", "member"});
  for (const auto& member : status.members) {
    table.add({member.name(), role_of(member, status), std::to_string(member.weight), rate_text(member.rate),
               with_commas(member.received), with_commas(member.committed), with_commas(member.backlog),
               bytes_text(member.journal_bytes), coverage_text(member.coverage_ms),
               member.version.empty() ? "-" : member.version, member.id.text});
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

std::string status_text(const StatusReport& report) {
  auto out = heading(report) + warnings(report.status);
  if (!report.status.members.empty()) out += "\n" + nodes_table(report.status);
  if (!report.status.old_lanes().empty())
    out += "\nopen lanes of earlier views:\n" + lanes_table(report.status);
  out += "\n";
  return out + (report.losses.empty() ? "losses declared: none\n" : losses_table(report));
}

}  // namespace tributary::cli
