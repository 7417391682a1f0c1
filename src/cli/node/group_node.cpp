#include "cli/node/group_node.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/terminal/logging.hpp"
#include "cli/terminal/terminal.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

group::Report figures_report(const observe::MonitorFigures& figures) {
  group::Report report{group::Report::Level::info,
                       "figures"_event,
                       observe::format_monitor_line(figures),
                       {{"total", figures.total},
                        {"backlog", figures.backlog},
                        {"consumers", figures.consumers},
                        {"nodes", figures.nodes},
                        {"losses", figures.losses},
                        {"dead_letters", figures.dead_letters},
                        {"duplicates_dropped", figures.duplicates}}};
  const auto both_blank = [](char a, char b) { return a == ' ' && b == ' '; };
  auto& text = report.text;  // which is padded, for lines below each other
  text.erase(std::unique(text.begin(), text.end(), both_blank), text.end());
  text.erase(0, text.find_first_not_of(' '));
  if (figures.rate) {
    report.figures.push_back({"rate", static_cast<std::uint64_t>(std::llround(*figures.rate))});
  }
  return report;
}

}  // namespace

GroupNode::GroupNode(redis::EventLoop& loop, const Settings& settings, relay::RelaySettings relay,
                     LogSource source, LineQueue& lines, std::function<void(GroupNode&)> ended)
    : source_(std::move(source)),
      lines_(lines),
      ended_(std::move(ended)),
      run_(loop, settings, std::move(relay), *this) {}

void GroupNode::measure() {
  if (!measuring_) run_.ask_status();
}

void GroupNode::tell_figures() {
  line_due_ = true;
  run_.ask_status();
}

void GroupNode::release() {
  if (!release_.valid()) release_ = std::async(std::launch::async, [this] { return run_.end(); });
}

bool GroupNode::released() {
  release();
  return release_.get();
}

void GroupNode::on_report(const group::Report& report) { log(report, source_); }

void GroupNode::on_status(const observe::GroupStatus& status) {
  if (watcher_) watcher_(status);
  const bool due = std::exchange(line_due_, false);
  if (!status.exists()) return;
  const auto rate = rate_.read(status.entries_added, redis::EventLoop::now_ms());
  measuring_ = true;
  if (!due) return;
  auto figures = observe::monitor_figures(status, rate);
  if (logs_json()) return lines_.add(log_line(figures_report(figures), source_));
  if (is_terminal(STDOUT_FILENO)) {
    figures.this_node = observe::NodeFigures{run_.rate(), run_.node().backlog()};
  }
  lines_.add(source_.prefix + observe::format_monitor_line(figures) + "\n");
}

}  // namespace tributary::cli
