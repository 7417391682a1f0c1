#include "cli/node/node_runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "cli/api/api.hpp"
#include "cli/node/group_node.hpp"
#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/system/service_manager.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/line_queue.hpp"
#include "cli/terminal/logging.hpp"
#include "core/base/text.hpp"
#include "embed/relay_settings.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kFirstLookInterval{1};
constexpr std::chrono::milliseconds kStageInterval{50};

using Level = group::Report::Level;

std::string dropped_lines(std::uint64_t dropped) {
  if (logs_json()) return dropped_log_lines(dropped);
  return fmt::format("({} dropped here: the reader was too slow)\n", count_of(dropped, "line"));
}

/// What this process runs, on one loop.
class NodeRunner {
 public:
  explicit NodeRunner(const std::vector<Settings>& groups) : groups_(groups) {}

  /// False if a group cannot be: then all have been told, and nothing is to be run.
  bool prepare() {
    std::size_t longest = 0;
    for (const auto& group : groups_) longest = std::max(longest, group.output_stream.size());
    for (const auto& group : groups_) {
      const auto name = "[" + group.output_stream + "]";
      const LogSource source{several() ? fmt::format("{:<{}} ", name, longest + 2) : "", group.output_stream};
      auto factory = embed::make_processors(group, [source](Event event, const std::string& line) {
        log({Level::info, event, line}, source);
      });
      auto relay = factory ? embed::relay_settings(group, std::move(*factory), flag_of) : factory.error();
      if (relay) {
        relay->metered = !groups_.front().http.empty();
        nodes_.push_back(std::make_unique<GroupNode>(loop_, group, std::move(*relay), source, lines_,
                                                     [this](GroupNode& node) { on_ended(node); }));
      } else {
        tell(source, relay.error());
      }
    }
    if (code_ == 0) serve();
    if (code_ == 0) {
      for (const auto& node : nodes_) node->start();
    }
    started_ = true;
    return code_ == 0;
  }

  void run() {
    loop_.on_signal([this](int number) { on_signal(number); });
    loop_.every(kStageInterval, [this] { tell_stage(); });
    loop_.every(kFirstLookInterval, [this] { each(&GroupNode::measure); });
    loop_.every(groups_.front().monitoring_interval, [this] { each(&GroupNode::tell_figures); });
    if (const auto interval = manager_.watchdog_interval()) {
      loop_.every(*interval, [this] { manager_.alive(); });  // a loop that hangs tells nothing
    }
    loop_.run();
    end_at_once_on_interrupts();  // nobody is left to hear of one
    if (code_ == 0)
      manager_.ready();  // of a stopped group it never was; systemd would call that a failed start
    manager_.stopping();
    each(&GroupNode::release);
    const bool all_ended = std::ranges::all_of(nodes_, &GroupNode::released);
    if (!all_ended || (api_ && !api_->end())) end_without_threads();
  }

  ExitCode code() const { return ExitCode{code_}; }

 private:
  bool several() const { return groups_.size() > 1; }

  void serve() {
    if (groups_.front().http.empty()) return;
    api_.emplace(loop_, groups_.front());
    for (std::size_t i = 0; i < nodes_.size(); ++i) api_->add(*nodes_[i], groups_[i]);
    if (const auto listening = api_->listen(); !listening) code_ = tell_error(listening.error());
  }

  void each(void (GroupNode::*what)()) {
    for (const auto& node : nodes_) ((*node).*what)();
  }

  void on_signal(int number) {
    // A terminal that is closed may send SIGHUP several times; nobody asked twice then.
    if (leaving_ && number == SIGHUP) return;
    if (leaving_) std::_Exit(128 + number);
    leaving_ = true;
    end_at_once_on_interrupts();
    log({Level::info,
         "leaving"_event,
         fmt::format("leaving the group{}; signal again to leave at once", several() ? "s" : ""),
         {{"signal", static_cast<std::uint64_t>(number)}}});
    each(&GroupNode::leave);
  }

  void on_ended(GroupNode& node) {
    if (node.error()) tell(node.source(), *node.error());
    if (std::ranges::all_of(nodes_, &GroupNode::ended)) return loop_.stop();
    loop_.post([&node] { node.release(); });  // the others go on, perhaps for long
  }

  // The worst one is what the process ends with.
  void tell(const LogSource& source, const Error& error) {
    if (!several()) {
      code_ = tell_error(error, source);
      return;
    }
    code_ = std::max(code_, static_cast<int>(exit_code(error.kind)));
    auto report = ended_by(error);
    if (!started_) {
      report.text += "; nothing is started";
    } else {
      const bool last = std::ranges::all_of(nodes_, &GroupNode::ended);
      report.text = "ended: " + report.text + (last ? "" : "; the other groups go on");
    }
    log(report, source);
  }

  void tell_stage() {
    const auto all = [&](auto what) {
      return std::ranges::all_of(nodes_, [&](const auto& node) { return node->ended() || what(*node); });
    };
    const bool any = std::ranges::any_of(nodes_, &GroupNode::joined);
    if (any && all([](const auto& node) { return node.joined(); })) manager_.ready();
    if (all([](const auto& node) { return node.leaving(); })) manager_.stopping();
  }

  // A thread hangs in the processor: joining it would hang, too, and destructors would take from under it what
  // it may still use.
  [[noreturn]] void end_without_threads() {
    flush_log();
    lines_.drain();
    std::_Exit(code_);
  }

  const std::vector<Settings>& groups_;
  LineQueue lines_{STDOUT_FILENO, dropped_lines};
  ServiceManager manager_{[](const char* name) -> const char* { return std::getenv(name); }};
  redis::EventLoop loop_;
  std::vector<std::unique_ptr<GroupNode>> nodes_;
  std::optional<Api> api_;
  int code_ = 0;
  bool started_ = false;
  bool leaving_ = false;
};

}  // namespace

ExitCode run_nodes(const std::vector<Settings>& groups) {
  NodeRunner runner(groups);
  if (runner.prepare()) runner.run();
  return runner.code();
}

}  // namespace tributary::cli
