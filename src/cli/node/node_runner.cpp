#include "cli/node/node_runner.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cli/node/view_news.hpp"
#include "cli/options/quantity.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/system/process_name.hpp"
#include "cli/system/random_seed.hpp"
#include "cli/system/service_manager.hpp"
#include "cli/terminal/error_line.hpp"
#include "cli/terminal/line_queue.hpp"
#include "cli/terminal/terminal.hpp"
#include "observe/group_status.hpp"
#include "observe/monitor_line.hpp"
#include "process/processors.hpp"
#include "relay/relay.hpp"
#include "tributary/version.hpp"

namespace tributary::cli {
namespace {

constexpr std::chrono::milliseconds kLongestBackoff{30'000};  // without an end of retries
constexpr std::chrono::seconds kLongestDrain{30};
constexpr std::chrono::seconds kLongestLeave{2};
constexpr std::chrono::seconds kPresenceInterval{1};
// How often a look is taken whether it has joined, or leaves.
constexpr std::chrono::milliseconds kStageInterval{50};

// "channel orders", "channels a and b, patterns orders.*".
std::string inputs_text(const redis::Inputs& inputs) {
  const auto part = [](const char* what, const std::vector<std::string>& names) {
    return names.empty() ? std::string()
                         : fmt::format("{}{} {}", what, names.size() > 1 ? "s" : "", fmt::join(names, " "));
  };
  const auto channels = part("channel", inputs.channels);
  const auto patterns = part("pattern", inputs.patterns);
  return channels + (channels.empty() || patterns.empty() ? "" : ", ") + patterns;
}

// What is not as it is without being told.
std::string format_text(const process::MessageFormat& format) {
  if (format.raw) return ", format raw";
  if (format.id_member == process::kMessageId) return "";
  return ", id member " + (format.id_member.empty() ? "none" : format.id_member);
}

relay::RelaySettings relay_settings(const Settings& settings, NodeSize size,
                                    process::ProcessorFactory factory) {
  relay::RelaySettings relay;
  relay.endpoint = settings.redis;
  relay.inputs = settings.inputs;
  relay.output_stream = settings.output_stream;
  relay.dead_letter_stream = settings.dead_letter_stream();
  relay.consumers_list = settings.consumers_list;
  relay.stream_maxlen = settings.stream_maxlen;
  relay.batch_size = settings.processing_batch_size;
  relay.receipts = settings.receipts;
  relay.connect_timeout_ms = settings.connect_timeout.count();

  relay.node.group = settings.output_stream;
  relay.node.name = process_name();
  relay.node.fingerprint = fmt::format("input {}{}, lease {}, replay window {}", inputs_text(settings.inputs),
                                       format_text(settings.format), format_duration(settings.lease),
                                       format_duration(settings.replay_window));
  relay.node.weight = size.consumers;
  relay.node.capacity = size.capacity;
  relay.node.idle_timeout_ms = settings.idle_timeout.count();
  relay.node.beat_ms = settings.beat.count();
  relay.node.lease_ms = settings.lease.count();
  relay.node.window_ms = settings.replay_window.count();
  relay.node.journal_limit = settings.journal_limit;

  relay.node.inline_processing = !factory()->may_block();
  relay.processing.factory = std::move(factory);
  relay.processing.output_stream = relay.output_stream;
  relay.processing.dead_letter_stream = relay.dead_letter_stream;
  relay.processing.retries.retries = settings.processing_retries;
  relay.processing.consumers = std::max(size.consumers, 1u);
  relay.processing.format = settings.format;
  relay.processing.timeout_ms = settings.processing_timeout.count();
  if (settings.processing_retries == process::kUnlimitedRetries) {
    relay.processing.retries.longest_backoff = kLongestBackoff;
    // Nothing is given up here: the time-out is that of an attempt, which the processor keeps to.
    relay.processing.timeout_ms = 0;
    relay.processing.hanging_ms =
        (kLongestBackoff + 2 * std::max(settings.processing_timeout, kLongestBackoff)).count();
  }
  return relay;
}

std::string dropped_lines(std::uint64_t dropped) {
  return fmt::format("({} dropped here: the reader was too slow)\n", observe::count_of(dropped, "line"));
}

class NodeRunner final : relay::RelayObserver {
 public:
  NodeRunner(const Settings& settings, NodeSize size, relay::RelaySettings relay)
      : settings_(settings), size_(size), relay_(loop_, std::move(relay), random_seed(), *this) {}

  Result<ExitCode> run() {
    loop_.on_signal([this](int number) { on_signal(number); });
    if (const auto started = relay_.start(); !started) return started.error();
    tell_presence();
    loop_.every(kPresenceInterval, [this] {
      tell_presence();
      if (!measuring_) relay_.ask_status();  // so that the first line has something to measure from
    });
    loop_.every(settings_.monitoring_interval, [this] {
      line_due_ = true;
      relay_.ask_status();
    });
    loop_.every(kStageInterval, [this] { tell_stage(); });
    if (const auto interval = manager_.watchdog_interval()) {
      loop_.every(*interval, [this] { manager_.alive(); });  // a loop that hangs tells nothing
    }
    loop_.run();
    end_at_once_on_interrupts();    // nobody is left to hear of one
    if (!error_) manager_.ready();  // of a stopped group it never was; systemd would call that a failed start
    manager_.stopping();
    summarise();
    if (!relay_.end()) end_without_threads();
    if (error_) return *error_;
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
    relay_.leave();
    loop_.after(kLongestDrain, [this] { leave_at_once(); });
  }

  // So that the others, if there are any, need not find out that it is gone, and the ledger tells what is open otherwise.
  void leave_at_once() {
    const Error late{ErrorKind::temporary, "could not leave in good order within 30 s"};
    error_ = late;
    relay_.leave_now();
    loop_.after(kLongestLeave, [this, late] { on_finished(late); });
  }

  // A thread hangs in the processor: joining it would hang, too, and destructors would take from under it what
  // it may still use.
  [[noreturn]] void end_without_threads() {
    const auto code = error_ ? tell_error(*error_) : static_cast<int>(ExitCode::ok);
    spdlog::default_logger()->flush();
    lines_.drain();
    std::_Exit(code);
  }

  // Not said before: a node that is refused ends with one line, the reason.
  void on_server_accepted() override {
    spdlog::info("group {}: from {}{} at {}, {}, processor {}", settings_.output_stream,
                 inputs_text(settings_.inputs), format_text(settings_.format), settings_.redis.display(),
                 size_text(), process::shown_processor(settings_.processor));
  }

  void on_report(const group::Report& report) override {
    switch (report.level) {
      case group::Report::Level::debug:
        return spdlog::debug("{}", report.text);
      case group::Report::Level::info:
        return spdlog::info("{}{}", report.text,
                            report.event == "stopped" ? "; 'tributary resume' starts it again" : "");
      case group::Report::Level::warning:
        return spdlog::warn("{}", report.text);
      case group::Report::Level::error:
        return spdlog::error("{}", report.text);
    }
  }

  void on_finished(const std::optional<Error>& error) override {
    if (error) error_ = error;
    loop_.stop();
  }

  void on_status(const std::vector<std::string>& fields) override {
    const bool due = std::exchange(line_due_, false);
    const auto status = observe::parse_group_status(fields);
    if (!status.exists()) return;
    const auto rate = group_rate_.read(status.entries_added, loop_.now_ms());
    measuring_ = true;
    if (!due) return;
    auto figures = observe::monitor_figures(status, rate);
    if (is_terminal(STDOUT_FILENO)) {
      figures.this_node = observe::NodeFigures{node_rate_, relay_.node().backlog()};
    }
    lines_.add(observe::format_monitor_line(figures) + "\n");
  }

  std::string size_text() const {
    if (size_.capacity == 0) return observe::count_of(size_.consumers, "consumer");
    return fmt::format("capacity {}, the group decides how many consumers", size_.capacity);
  }

  // What was taken over, and from whom, only the core knows by the lane; this is what is left of it to do.
  void tell_views() {
    const auto& node = relay_.node();
    const auto* growing = node.growing();
    if (growing == nullptr) return;
    if (const auto line = views_.see(growing->view, node.member())) spdlog::info("{}", *line);
    const auto claims = node.statistics().claims;
    const auto taken = claims - std::exchange(claims_told_, claims);
    if (taken == 0) return;
    spdlog::info("took over {} of earlier views; {} here are not committed yet",
                 observe::count_of(taken, "lane"), observe::count_of(node.backlog(), "message"));
  }

  void tell_stage() {
    if (relay_.node().joined()) manager_.ready();
    if (relay_.node().leaving()) manager_.stopping();
    tell_views();
    const auto consumers = relay_.node().weight();
    if (size_.capacity == 0 || consumers == consumers_told_) return;
    spdlog::info("the group gives this host {} (before: {})", observe::count_of(consumers, "consumer"),
                 consumers_told_);
    consumers_told_ = consumers;
  }

  void tell_presence() {
    const auto growth = journal_meter_.read(relay_.node().journal_bytes(), loop_.now_ms());
    node_rate_ = node_meter_.read(relay_.node().statistics().committed, loop_.now_ms());
    relay_.node().set_presence({{"host", host_name()},
                                {"pid", std::to_string(::getpid())},
                                {"version", TRIBUTARY_VERSION},
                                {"consumers", std::to_string(relay_.node().weight())},
                                {"coverage_ms", std::to_string(relay_.node().coverage_ms())},
                                {"journal_limit", std::to_string(settings_.journal_limit)},
                                {"journal_growth", fmt::format("{:.0f}", growth.value_or(0.0))},
                                {"kept", relay_.kept()},
                                {"rate", fmt::format("{:.1f}", node_rate_.value_or(0.0))}});
  }

  void summarise() const {
    const auto& figures = relay_.node().statistics();
    if (figures.views == 0) return;  // never was in the group
    const auto handed_over = error_ ? 0 : relay_.node().handed_over();
    const auto left = handed_over > 0 ? 0 : relay_.node().uncommitted();
    std::string rest;
    if (handed_over > 0) rest = fmt::format("; {} left to other members that hold them", handed_over);
    if (left > 0) rest = fmt::format("; {} received here were not committed as far as this node knows", left);
    const auto again = figures.committed_again > 0
                           ? fmt::format(" (and {} again, which Redis had lost)", figures.committed_again)
                           : std::string();
    spdlog::info("{}: received {} messages, committed {}{}{}", error_ ? "ended" : "left the group",
                 figures.received, figures.committed, again, rest);
  }

  const Settings& settings_;
  const NodeSize size_;
  LineQueue lines_{STDOUT_FILENO, dropped_lines};
  ServiceManager manager_{[](const char* name) -> const char* { return std::getenv(name); }};
  redis::EventLoop loop_;
  relay::Relay relay_;
  observe::RateMeter group_rate_;
  observe::RateMeter node_meter_;
  observe::RateMeter journal_meter_;  // bytes
  ViewNews views_;
  std::uint64_t claims_told_ = 0;
  std::uint32_t consumers_told_ = 0;
  std::optional<double> node_rate_;
  std::optional<Error> error_;
  bool measuring_ = false;
  bool line_due_ = false;
  bool leaving_ = false;
};

}  // namespace

Result<ExitCode> run_node(const Settings& settings, NodeSize size) {
  process::ProcessorContext context;
  context.json = !settings.format.raw;
  context.timeout = settings.processing_timeout;
  context.keeps = settings.processing_retries == process::kUnlimitedRetries;
  context.window = settings.processor_window;
  context.log = [](const std::string& line) { spdlog::info("{}", line); };
  auto factory = process::make_processors(settings.processor, context);
  if (!factory) return factory.error();
  if (context.keeps && !(*factory)()->may_block()) {
    return Error{ErrorKind::usage,
                 "--processing-retries unlimited: processor \"" + settings.processor +
                     "\" runs on the node's own thread, which cannot wait for it to work again"};
  }
  return NodeRunner(settings, size, relay_settings(settings, size, std::move(*factory))).run();
}

}  // namespace tributary::cli
