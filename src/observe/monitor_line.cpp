#include "observe/monitor_line.hpp"

#include <fmt/format.h>

#include <cmath>

#include "core/base/text.hpp"

namespace tributary::observe {
namespace {

std::string rate_text(std::optional<double> rate) {
  return rate ? with_commas(static_cast<std::uint64_t>(std::llround(*rate))) : "-";
}

}  // namespace

std::string at_least(std::uint64_t number, bool known) { return with_commas(number) + (known ? "" : "+"); }

std::string losses_text(std::uint64_t losses, std::uint64_t lost) {
  if (lost == 0) return with_commas(losses) + " (possible)";
  return with_commas(losses) + (lost >= losses ? "" : " (" + with_commas(lost) + " known)");
}

MonitorFigures monitor_figures(const GroupStatus& status, std::optional<double> rate) {
  MonitorFigures figures;
  figures.rate = rate;
  figures.total = status.entries_added;
  figures.backlog = status.backlog();
  figures.backlog_known = status.backlog_known();
  figures.consumers = status.consumers;
  figures.nodes = status.nodes();
  figures.losses = status.losses;
  figures.lost = status.lost;
  figures.dead_letters = status.dead_letters;
  figures.duplicates = status.duplicates;
  return figures;
}

std::string format_monitor_line(const MonitorFigures& figures) {
  auto line =
      fmt::format("{:>7} messages/s | total {:>9} | backlog {:>5} | {} on {}", rate_text(figures.rate),
                  with_commas(figures.total), at_least(figures.backlog, figures.backlog_known),
                  count_of(figures.consumers, "consumer"), count_of(figures.nodes, "node"));
  if (figures.this_node) {
    line += fmt::format(" | this node {}/s, backlog {}", rate_text(figures.this_node->rate),
                        with_commas(figures.this_node->backlog));
  }
  if (figures.losses > 0) line += " | losses declared " + losses_text(figures.losses, figures.lost);
  if (figures.dead_letters > 0) line += " | dead letters " + with_commas(figures.dead_letters);
  if (figures.duplicates > 0) line += " | duplicates dropped " + with_commas(figures.duplicates);
  return line;
}

}  // namespace tributary::observe
