#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/status/watch.hpp"
#include "cli/terminal/text_table.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

constexpr std::size_t kHistoryKept = 500;
constexpr std::size_t kSparkline = 40;
constexpr const char* kBars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr int kLeastNodes = 3;  // rows for members, before lanes, losses and changes get any

std::string whole(double number) { return with_commas(static_cast<std::uint64_t>(std::llround(number))); }

// At most so many signs; every code point is taken to be one column wide.
std::string cut(const std::string& line, std::size_t width) {
  std::size_t signs = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
    if (starts && ++signs > width) return line.substr(0, i);
  }
  return line;
}

// What others wrote into Redis must not move the cursor.
std::string printable(std::string line) {
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return line;
}

std::string bar(double share, std::size_t width) {
  const auto full =
      static_cast<std::size_t>(std::llround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)));
  return std::string(full, '#') + std::string(width - full, '.');
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::vector<std::string> heading(const StatusReport& report, const RateHistory& history,
                                 const std::string& trouble) {
  const auto& status = report.status;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("tributary  {}  on {}    q: quit", report.group, report.server));
  if (!trouble.empty()) lines.push_back("!! " + trouble);
  if (!status.exists()) {
    lines.push_back("no group feeds this stream");
    return lines;
  }
  lines.push_back("state      " + state_text(report));
  if (status.desired.desired.state == plan::Desired::State::paused)
    lines.push_back("           " + pause_text(status));
  lines.push_back("desired    " + desired_text(report));
  for (const auto& complaint : status.desired.complaints) lines.push_back("!! desired state: " + complaint);
  lines.push_back(fmt::format("view       {}, {} on {}, {} active{}", status.view.text(),
                              count_of(status.consumers, "consumer"), count_of(status.nodes(), "node"),
                              with_commas(status.active()),
                              status.stuck() > 0 ? fmt::format(", {} STUCK", status.stuck()) : ""));
  lines.push_back(fmt::format("rate       {:>9}/s  {}  highest {}/s", report.rate ? whole(*report.rate) : "-",
                              history.sparkline(kSparkline), whole(history.highest(kSparkline))));
  lines.push_back(fmt::format("messages   {} appended, backlog {}, {}, {}", with_commas(status.entries_added),
                              observe::at_least(status.backlog(), status.backlog_known()),
                              count_of(status.dead_letters, "dead letter"),
                              count_of(status.losses, "loss line")));
  if (const auto awaited = status.journals.size(); awaited > 0)
    lines.push_back("waiting    " + awaited_text(status.journals.front()) +
                    (awaited > 1 ? fmt::format("; {} more", awaited - 1) : ""));
  if (status.nodes() == 0) lines.push_back("!! no node is running: nothing is received");
  for (const auto& line : processing_troubles(status)) lines.push_back("!! " + line);
  return lines;
}

std::vector<std::string> members(const observe::GroupStatus& status) {
  std::uint32_t most = 1;
  for (const auto& member : status.members) most = std::max(most, member.weight);
  TextTable table(
      {"host", ">consumers", "share", ">active", ">busy", ">rate", ">backlog", ">journal", "role"});
  for (const auto& member : status.members) {
    const double busy = member.weight > 0 ? member.busy.value_or(0) / member.weight : 0;
    const double journal = member.journal_limit > 0 ? static_cast<double>(member.journal_bytes) /
                                                          static_cast<double>(member.journal_limit)
                                                    : 0;
    table.add({printable(member.name()), std::to_string(member.weight) + (member.capacity ? "" : " fixed"),
               bar(static_cast<double>(member.weight) / most, 12),
               member.active ? std::to_string(*member.active) : "-",
               fmt::format("{:.0f} %", std::min(busy, 1.0) * 100),
               member.rate ? whole(*member.rate) + "/s" : "-", with_commas(member.backlog),
               fmt::format("{:.0f} %", journal * 100),
               !member.present              ? "SILENT"
               : member.id == status.leader ? "leader"
               : member.leaving             ? "leaving"
               : !member.listed             ? "joining"
               : member.silent.empty()      ? ""
                                            : fmt::format("{} STUCK", member.silent.size())});
  }
  return lines_of(table.text());
}

std::vector<std::string> lanes(const observe::GroupStatus& status) {
  std::vector<std::string> lines;
  for (const auto& lane : status.old_lanes()) {
    if (lines.empty()) lines.push_back("open lanes of earlier views");
    const auto left = lane.end && *lane.end > lane.position ? with_commas(*lane.end - lane.position) + " left"
                      : lane.end                            ? "at its end"
                                                            : "end not known";
    lines.push_back(
        fmt::format("  {}  {}, {}", lane.id.text(), lane.owner.empty() ? "nobody's" : lane.owner.text, left));
  }
  return lines;
}

std::vector<std::string> events(const StatusReport& report) {
  std::vector<std::string> lines;
  if (!report.losses.empty()) lines.push_back("losses declared");
  for (const auto& line : report.losses) {
    lines.push_back(fmt::format("  {}  {}  {}", line.time(), line.reason, line.range()));
  }
  if (!report.changes.empty()) lines.push_back("last changes");
  for (const auto& line : report.changes) {
    lines.push_back(fmt::format("  {}  {}  {}", line.time(), line.who, line.text()));
  }
  return lines;
}

}  // namespace

void RateHistory::add(std::optional<double> rate) {
  rates_.push_back(rate.value_or(0));
  if (rates_.size() > kHistoryKept) rates_.pop_front();
}

double RateHistory::highest(std::size_t width) const {
  double most = 0;
  for (std::size_t i = rates_.size() > width ? rates_.size() - width : 0; i < rates_.size(); ++i) {
    most = std::max(most, rates_[i]);
  }
  return most;
}

std::string RateHistory::sparkline(std::size_t width) const {
  const auto most = highest(width);
  std::string text;
  for (std::size_t i = rates_.size() > width ? rates_.size() - width : 0; i < rates_.size(); ++i) {
    const auto level = most > 0 ? std::ceil(rates_[i] / most * 7) : 0;
    text += kBars[static_cast<std::size_t>(std::clamp(level, 0.0, 7.0))];
  }
  return text;
}

// The heading always; then members, as many as there is room for; what remains goes to lanes,
// losses and changes.
std::vector<std::string> draw_watch(const StatusReport& report, const RateHistory& history, int width,
                                    int height, const std::string& trouble) {
  auto out = heading(report, history, trouble);
  const auto room = [&] { return height - static_cast<int>(out.size()); };
  std::vector<std::vector<std::string>> below;
  if (report.status.exists()) {
    for (auto& part : {lanes(report.status), events(report)}) {
      if (!part.empty()) below.push_back(part);
    }
    auto rows = members(report.status);
    int wanted_below = 0;
    for (const auto& part : below) wanted_below += static_cast<int>(part.size()) + 1;
    const auto most = std::max(room() - 1 - wanted_below, std::min(room() - 1, kLeastNodes + 1));
    if (room() > 2) {
      out.emplace_back();
      const bool fits = static_cast<int>(rows.size()) <= most;
      const auto shown = fits ? rows.size() : static_cast<std::size_t>(std::max(most - 1, 1));
      out.insert(out.end(), rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown));
      if (!fits) out.push_back(fmt::format("... and {} more", rows.size() - shown));
    }
  }
  for (const auto& part : below) {
    if (room() < 3) break;
    out.emplace_back();
    const auto shown = std::min<std::size_t>(part.size(), static_cast<std::size_t>(room()));
    out.insert(out.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(shown));
  }
  if (static_cast<int>(out.size()) > height) out.resize(static_cast<std::size_t>(std::max(height, 0)));
  for (auto& line : out) line = cut(printable(line), static_cast<std::size_t>(std::max(width, 0)));
  return out;
}

}  // namespace tributary::cli
