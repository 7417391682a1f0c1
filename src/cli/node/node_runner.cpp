#include "cli/node/node_runner.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/system/service_manager.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/line_queue.hpp"
#include "cli/terminal/terminal.hpp"
#include "embed/node_run.hpp"
#include "embed/relay_settings.hpp"
#include "observe/group_status.hpp"
#include "observe/monitor_line.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::seconds kFirstLookInterval{1};

std::string dropped_lines(std::uint64_t dropped) {
  return fmt::format("({} dropped here: the reader was too slow)\n", observe::count_of(dropped, "line"));
}

class NodeRunner final : embed::NodeObserver {
 public:
  NodeRunner(const Settings& settings, relay::RelaySettings relay)
      : settings_(settings), run_(settings, std::move(relay), *this) {}

  Result<ExitCode> run() {
    auto& loop = run_.loop();
    loop.on_signal([this](int number) { on_signal(number); });
    loop.every(kFirstLookInterval, [this] {
      if (!measuring_) run_.relay().ask_status();  // so that the first line has something to measure from
    });
    loop.every(settings_.monitoring_interval, [this] {
      line_due_ = true;
      run_.relay().ask_status();
    });
    if (const auto interval = manager_.watchdog_interval()) {
      loop.every(*interval, [this] { manager_.alive(); });  // a loop that hangs tells nothing
    }
    const auto error = run_.run();
    end_at_once_on_interrupts();   // nobody is left to hear of one
    if (!error) manager_.ready();  // of a stopped group it never was; systemd would call that a failed start
    manager_.stopping();
    if (!run_.end()) end_without_threads(error);
    if (error) return *error;
    return ExitCode::ok;
  }

 private:
  void on_signal(int number) {
    // A terminal that is closed may send SIGHUP several times; nobody asked twice then.
    if (leaving_ && number == SIGHUP) return;
    if (leaving_) std::_Exit(128 + number);
    leaving_ = true;
    end_at_once_on_interrupts();
    spdlog::info("leaving the group; signal again to leave at once");
    run_.leave();
  }

  // A thread hangs in the processor: joining it would hang, too, and destructors would take from under it what
  // it may still use.
  [[noreturn]] void end_without_threads(const std::optional<Error>& error) {
    const auto code = error ? tell_error(*error) : static_cast<int>(ExitCode::ok);
    spdlog::default_logger()->flush();
    lines_.drain();
    std::_Exit(code);
  }

  void on_log(group::Report::Level level, const std::string& line) override {
    switch (level) {
      case group::Report::Level::debug:
        return spdlog::debug("{}", line);
      case group::Report::Level::info:
        return spdlog::info("{}", line);
      case group::Report::Level::warning:
        return spdlog::warn("{}", line);
      case group::Report::Level::error:
        return spdlog::error("{}", line);
    }
  }

  void on_status(const observe::GroupStatus& status) override {
    const bool due = std::exchange(line_due_, false);
    if (!status.exists()) return;
    const auto rate = group_rate_.read(status.entries_added, redis::EventLoop::now_ms());
    measuring_ = true;
    if (!due) return;
    auto figures = observe::monitor_figures(status, rate);
    if (is_terminal(STDOUT_FILENO)) {
      figures.this_node = observe::NodeFigures{run_.rate(), run_.node().backlog()};
    }
    lines_.add(observe::format_monitor_line(figures) + "\n");
  }

  void on_stage() override {
    if (run_.node().joined()) manager_.ready();
    if (run_.node().leaving()) manager_.stopping();
  }

  const Settings& settings_;
  LineQueue lines_{STDOUT_FILENO, dropped_lines};
  ServiceManager manager_{[](const char* name) -> const char* { return std::getenv(name); }};
  embed::NodeRun run_;
  observe::RateMeter group_rate_;
  bool measuring_ = false;
  bool line_due_ = false;
  bool leaving_ = false;
};

}  // namespace

Result<ExitCode> run_node(const Settings& settings) {
  auto factory = embed::make_processors(settings, [](const std::string& line) { spdlog::info("{}", line); });
  if (!factory) return factory.error();
  auto relay = embed::relay_settings(settings, std::move(*factory), flag_of);
  if (!relay) return relay.error();
  return NodeRunner(settings, std::move(*relay)).run();
}

}  // namespace tributary::cli
