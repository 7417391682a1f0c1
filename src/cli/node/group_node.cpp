#include "cli/node/group_node.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

#include "cli/terminal/terminal.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

spdlog::level::level_enum level_of(group::Report::Level level) {
  switch (level) {
    case group::Report::Level::debug:
      return spdlog::level::debug;
    case group::Report::Level::info:
      return spdlog::level::info;
    case group::Report::Level::warning:
      return spdlog::level::warn;
    case group::Report::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

GroupNode::GroupNode(redis::EventLoop& loop, const Settings& settings, relay::RelaySettings relay,
                     std::string prefix, LineQueue& lines, std::function<void(GroupNode&)> ended)
    : prefix_(std::move(prefix)),
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

void GroupNode::on_log(group::Report::Level level, const std::string& line) {
  spdlog::log(level_of(level), "{}{}", prefix_, line);
}

void GroupNode::on_status(const observe::GroupStatus& status) {
  if (watcher_) watcher_(status);
  const bool due = std::exchange(line_due_, false);
  if (!status.exists()) return;
  const auto rate = rate_.read(status.entries_added, redis::EventLoop::now_ms());
  measuring_ = true;
  if (!due) return;
  auto figures = observe::monitor_figures(status, rate);
  if (is_terminal(STDOUT_FILENO)) {
    figures.this_node = observe::NodeFigures{run_.rate(), run_.node().backlog()};
  }
  lines_.add(prefix_ + observe::format_monitor_line(figures) + "\n");
}

}  // namespace tributary::cli
