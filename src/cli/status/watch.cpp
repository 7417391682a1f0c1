#include "cli/status/watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "cli/group/group_reader.hpp"
#include "cli/status/status_reader.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/screen.hpp"
#include "cli/terminal/terminal.hpp"
#include "observe/monitor_line.hpp"
#include "redis/event_loop.hpp"
#include "relay/obstacle.hpp"

namespace tributary::cli {
namespace {

constexpr redis::Timeouts kTimeouts{std::chrono::milliseconds(2000), std::chrono::milliseconds(5000)};

/// Looks again and again; a connection that broke is made anew with the next look.
class Watch {
 public:
  Watch(const Settings& settings, redis::SyncClient client)
      : settings_(settings), client_(std::move(client)), reader_(*client_, settings) {}

  /// Empty if there is something new in report(), else why not.
  std::string look() {
    if (!client_) {
      auto client = redis::SyncClient::connect(settings_.redis, kTimeouts);
      if (!client) return client.error().message;
      client_.emplace(std::move(*client));
      reader_.use(*client_);
    }
    auto report = reader_.read();
    if (!report) {
      client_.reset();
      return report.error().message;
    }
    report_ = std::move(*report);
    history_.add(report_.rate);
    return "";
  }

  ExitCode on_screen() {
    Screen screen;
    while (true) {
      const auto trouble = look();
      Screen::Event event{};
      do {
        screen.show(draw_watch(report_, history_, screen.width(), screen.height(), trouble));
        event = screen.wait(settings_.monitoring_interval);
      } while (event == Screen::Event::resized);
      if (event == Screen::Event::quit) return ExitCode::ok;
    }
  }

  Result<ExitCode> as_lines() {
    catch_interrupts();
    while (!interrupted()) {
      const auto trouble = look();
      const auto now = redis::EventLoop::now_ms();
      const auto line =
          trouble.empty() ? obstacle_.gone(now) : obstacle_.noticed(trouble + "; trying again", now);
      if (line) print_error("tributary: {}\n", line->text);
      if (!trouble.empty()) {
        // said
      } else if (settings_.json) {
        print("{}\n", status_json(report_));
      } else if (report_.rate) {
        const auto figures = observe::monitor_figures(report_.status, report_.rate);
        print("{} | {}\n", observe::format_monitor_line(figures), state_text(report_));
      }
      if (const auto written = flush_output(); !written) return written.error();
      pause_for(settings_.monitoring_interval);
    }
    return ExitCode::ok;
  }

 private:
  const Settings& settings_;
  std::optional<redis::SyncClient> client_;
  StatusReader reader_;
  StatusReport report_;
  RateHistory history_;
  relay::Obstacle obstacle_{"it can be read again"};
};

}  // namespace

Result<ExitCode> run_watch(const Settings& given) {
  Settings settings = given;
  auto client = connect_to_group(settings, kTimeouts);
  if (!client) return client.error();
  const auto status = read_group(*client, settings);
  if (!status) return status.error();
  if (!status.value().exists()) return no_such_group(settings);
  Watch watch(settings, std::move(*client));
  const bool screen = can_draw(STDOUT_FILENO) && is_terminal(STDIN_FILENO) && !settings.json;
  if (screen) return watch.on_screen();
  return watch.as_lines();
}

}  // namespace tributary::cli
