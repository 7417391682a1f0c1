#include "embed/node_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "core/base/text.hpp"
#include "embed/process_name.hpp"
#include "embed/random_seed.hpp"
#include "embed/relay_settings.hpp"
#include "observe/monitor_line.hpp"
#include "observe/number_text.hpp"
#include "process/processors.hpp"
#include "tributary/version.hpp"

namespace tributary::embed {
namespace {

constexpr std::chrono::seconds kLongestDrain{30};
constexpr std::chrono::seconds kLongestLeave{2};
constexpr std::chrono::seconds kPresenceInterval{1};
constexpr std::chrono::milliseconds kStageInterval{50};

std::string size_text(const NodeOptions& options) {
  if (options.capacity == 0) return count_of(options.consumers, "consumer");
  return fmt::format("capacity {}, the group decides how many consumers", options.capacity);
}

// What is asked for beyond the usual.
std::string promises_text(const NodeOptions& options) {
  std::string text;
  if (!options.order_key.empty()) text += ", in order by " + options.order_key;
  if (options.dedup_window.count() > 0)
    text += ", dedup window " + observe::format_duration(options.dedup_window);
  if (!options.journal_dir.empty()) text += ", journal in " + options.journal_dir;
  return text;
}

}  // namespace

NodeRun::NodeRun(redis::EventLoop& loop, const NodeOptions& options, relay::RelaySettings settings,
                 NodeObserver& observer)
    : options_(options),
      observer_(observer),
      loop_(loop),
      relay_(loop_, std::move(settings), random_seed(), *this) {}

void NodeRun::start() {
  if (const auto started = relay_.start(); !started) return relay_.give_up(started.error());
  tell_presence();
  loop_.every(kPresenceInterval, [this] { tell_presence(); });
  loop_.every(kStageInterval, [this] {
    if (ended_) return;
    observer_.on_stage();
    tell_views();
    tell_share();
  });
}

void NodeRun::leave() {
  if (std::exchange(leaving_, true) || ended_) return;
  relay_.leave();
  loop_.after(kLongestDrain, [this] {
    if (ended_) return;
    const Error late{ErrorKind::temporary, "could not leave in good order within 30 s"};
    error_ = late;
    leave_at_once(late);
  });
}

void NodeRun::leave_now() {
  leaving_ = true;
  leave_at_once(Error{ErrorKind::temporary,
                      "could not tell the group within 2 s that this node leaves; the others will find out"});
}

// So that the others, if there are any, need not find out that it is gone, and the ledger tells what is open otherwise.
void NodeRun::leave_at_once(const Error& late) {
  // What is in files is not given up: others claim its lanes after a lease, or whoever comes next with the files does.
  if (!options_.journal_dir.empty()) return relay_.stop();
  relay_.leave_now();
  loop_.after(kLongestLeave, [this, late] { relay_.give_up(late); });
}

std::string NodeRun::not_ready() const {
  if (ended_) return error_ ? error_->message : "it has left the group";
  if (node().leaving()) return "it is leaving the group";
  if (auto trouble = relay_.trouble(); !trouble.empty()) return trouble;
  if (!relay_.connected()) return "it is not connected to Redis";
  const auto* view = node().growing();
  return node().joined() && view != nullptr && view->lists_me ? "" : "it is not in the view yet";
}

// Not said before: a node that is refused ends with one line, the reason.
void NodeRun::on_server_accepted() {
  const auto processor = process::shown_processor(options_.processor);
  info("server_accepted"_event,
       fmt::format("group {}: from {}{}{} at {}, {}, processor {}", options_.output_stream,
                   inputs_text(options_.inputs), format_text(options_.format), promises_text(options_),
                   options_.redis.display(), size_text(options_), processor),
       {{"server", options_.redis.display()}, {"processor", processor}, {"version", TRIBUTARY_VERSION}});
}

void NodeRun::on_report(const group::Report& report) {
  if (report.event != "stopped"_event) return observer_.on_report(report);
  auto stopped = report;
  stopped.text += "; 'tributary resume' starts it again";
  observer_.on_report(stopped);
}

void NodeRun::on_finished(const std::optional<Error>& error) {
  if (error) error_ = error;
  ended_ = true;
  summarise();
  observer_.on_ended();
}

void NodeRun::on_status(const std::vector<std::string>& fields) {
  observer_.on_status(observe::parse_group_status(fields));
}

// What was taken over, and from whom, only the core knows by the lane; this is what is left of it to do.
void NodeRun::tell_views() {
  const auto* growing = node().growing();
  if (growing == nullptr) return;
  if (const auto news = views_.see(growing->view, node().member())) observer_.on_report(*news);
  const auto claims = node().statistics().claims;
  const auto taken = claims - std::exchange(claims_told_, claims);
  if (taken == 0) return;
  const auto backlog = node().backlog();
  info("lanes_taken_over"_event,
       fmt::format("took over {} of earlier views; {} here are not committed yet", count_of(taken, "lane"),
                   count_of(backlog, "message")),
       {{"lanes", taken}, {"backlog", backlog}});
}

void NodeRun::tell_share() {
  const auto consumers = node().weight();
  if (options_.capacity == 0 || consumers == consumers_told_) return;
  info("share_changed"_event,
       fmt::format("the group gives this host {} (before: {})", count_of(consumers, "consumer"),
                   consumers_told_),
       {{"consumers", consumers}, {"before", consumers_told_}});
  consumers_told_ = consumers;
}

void NodeRun::tell_presence() {
  if (ended_) return;
  const auto growth = journal_meter_.read(node().journal_bytes(), loop_.now_ms());
  rate_ = rate_meter_.read(node().statistics().committed, loop_.now_ms());
  const auto* meter = relay_.meter();
  const auto lag =
      meter != nullptr ? fmt::format("{:.0f}", 1000 * meter->oldest_uncommitted_s(node()).value_or(0)) : "";
  relay_.node().set_presence({{"host", host_name()},
                              {"pid", std::to_string(::getpid())},
                              {"version", TRIBUTARY_VERSION},
                              {"consumers", std::to_string(node().weight())},
                              {"coverage_ms", std::to_string(node().coverage_ms())},
                              {"journal_limit", std::to_string(options_.journal_limit)},
                              {"journal_growth", fmt::format("{:.0f}", growth.value_or(0.0))},
                              {"lag_ms", lag},
                              {"kept", relay_.kept()},
                              {"order_key", options_.order_key},
                              {"journal_dir", options_.journal_dir},
                              {"rate", fmt::format("{:.1f}", rate_.value_or(0.0))}});
}

void NodeRun::summarise() {
  const auto& figures = node().statistics();
  if (figures.views == 0) return;  // never was in the group
  const auto handed_over = error_ ? 0 : node().handed_over();
  const auto left = handed_over > 0 ? 0 : node().uncommitted();
  std::string rest;
  if (handed_over > 0) rest = fmt::format("; {} left to other members that hold them", handed_over);
  if (left > 0) rest = fmt::format("; {} received here were not committed as far as this node knows", left);
  const auto again = figures.committed_again > 0
                         ? fmt::format(" (and {} again, which Redis had lost)", figures.committed_again)
                         : std::string();
  info(error_ ? "ended"_event : "left"_event,
       fmt::format("{}: received {} messages, committed {}{}{}", error_ ? "ended" : "left the group",
                   figures.received, figures.committed, again, rest),
       {{"received", figures.received},
        {"committed", figures.committed},
        {"handed_over", handed_over},
        {"not_committed", left}});
}

}  // namespace tributary::embed
