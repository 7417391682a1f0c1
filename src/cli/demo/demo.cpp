#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>

#include "cli/commands.hpp"
#include "cli/demo/demo_audit.hpp"
#include "cli/demo/demo_process.hpp"
#include "cli/demo/take_over.hpp"
#include "cli/group/group_reader.hpp"
#include "cli/options/quantity.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/system/private_server.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress.hpp"
#include "cli/terminal/terminal.hpp"
#include "core/base/text.hpp"
#include "observe/monitor_line.hpp"
#include "observe/number_text.hpp"
#include "redis/event_loop.hpp"

namespace tributary::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kBetweenReadings{20};
constexpr seconds kStartLimit{20};     // for nodes to be in the group
constexpr seconds kTakeOverLimit{60};  // a lease and a few beats are enough
constexpr seconds kPublishGrace{30};   // beyond the time it was told
constexpr seconds kStopLimit{60};      // for a node to finish what is left
// Of the second act: enough that much of it is not in the stream yet, and little enough that nobody has to wait long.
constexpr std::uint64_t kSecondCount = 2000;
constexpr char kSecondDelay[] = "2ms";

class Demo {
 public:
  Demo(const Settings& settings, PrivateServer server, redis::SyncClient client)
      : settings_(settings), server_(std::move(server)), client_(std::move(client)) {}

  Status start_nodes();
  Status publish_and_kill_one();
  Status finish();
  Status kill_all_at_once();
  Result<ExitCode> audit();

 private:
  using Condition = std::function<bool(const observe::GroupStatus&)>;

  Status watch(const Condition& enough, milliseconds bound, const std::string& what);
  Status start_node_with_files(const std::string& name);
  Status start_both_with_files();
  Status check_processes();
  void show_figures(const observe::GroupStatus& status);
  Status kill_the_leader(const observe::GroupStatus& status);
  void print_audit(const DemoCounts& counts) const;

  const Settings& settings_;
  PrivateServer server_;
  redis::SyncClient client_;
  std::vector<DemoProcess> nodes_;  // running ones
  std::vector<std::string> receipts_;
  std::optional<DemoProcess> publisher_;
  std::optional<TakeOver> take_over_;
  std::string survivor_;
  bool take_over_told_ = false;

  observe::RateMeter meter_;
  steady_clock::time_point next_line_ = steady_clock::now();
  steady_clock::time_point publishing_since_;
  bool quiet_ = true;  // before there is something to see
  Progress progress_;
};

// --- what is said ---

void say(const std::string& text) {
  print("{}\n", text);
  static_cast<void>(flush_output());  // asked again by all waiting
}

void say_step(const std::string& text) {
  const bool bold = wants_colour(STDOUT_FILENO);
  say(fmt::format("\n{}{}{}", bold ? "\x1b[1m" : "", text, bold ? "\x1b[0m" : ""));
}

std::string seconds_text(milliseconds time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1000);
}

void say_introduction() {
  say("A Redis channel gives every message to every subscriber and keeps none. tributary lets several\n"
      "nodes share a channel: each message is put into a Redis stream once, even when a node dies.\n"
      "Here it is with real messages, a real kill, and an audit of every single message.");
}

/// With TLS there is more to say than an address; here it is, to be copied while the demo runs.
void say_where(const PrivateServer& server) {
  const auto& tls = server.endpoint().tls;
  say(
      fmt::format("  its certificate, and the one that it wants to see, were made for this once; to look at "
                  "it yourself:\n"
                  "  tributary status --redis-url {} \\\n"
                  "    --redis-ca-file {} \\\n"
                  "    --redis-cert-file {} --redis-key-file {}",
                  server.url(), tls.ca_file, tls.cert_file, tls.key_file));
}

/// Signals only set the mark, however many come (a wrapper may send each twice): everything must be removed.
/// All waiting ends with the first.
void only_note_interrupts() {
  catch_interrupts();
  struct sigaction action {};
  sigaction(SIGINT, nullptr, &action);
  action.sa_flags &= ~static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

// --- processes ---

Status Demo::check_processes() {
  for (auto& node : nodes_) {
    if (const auto ended = node.child.poll()) return node.error(how_it_ended(*ended) + " on its own");
  }
  if (!server_.running()) return Error{ErrorKind::software, "the private redis-server ended on its own"};
  return Done{};
}

// --- watching ---

void Demo::show_figures(const observe::GroupStatus& status) {
  if (quiet_) return;
  if (steady_clock::now() >= next_line_) {
    next_line_ = steady_clock::now() + settings_.monitoring_interval;
    progress_.clear();
    say("  " + observe::format_monitor_line(observe::monitor_figures(
                   status, meter_.read(status.entries_added, redis::EventLoop::now_ms()))));
  }
  if (!progress_.due()) return;
  const std::chrono::duration<double> elapsed = steady_clock::now() - publishing_since_;
  const std::chrono::duration<double> all = settings_.publish.duration;
  progress_.show(elapsed / all,
                 fmt::format("published {:.0f} of {:.0f} s", std::min(elapsed, all).count(), all.count()));
}

/// Reads the group again and again, shows its figures, until it is `enough`. An error after `bound`, when a
/// process ends on its own, and when interrupted.
Status Demo::watch(const Condition& enough, milliseconds bound, const std::string& what) {
  const auto end = steady_clock::now() + bound;
  for (;;) {
    if (auto fine = check_processes(); !fine) return fine;
    const auto status = read_group(client_, settings_);
    if (!status) return status.error();
    if (take_over_) take_over_->read(status.value(), redis::EventLoop::now_ms());
    if (take_over_ && take_over_->duration_ms() && !std::exchange(take_over_told_, true)) {
      progress_.clear();
      say(fmt::format("  -> {} has taken over what the dead node left, {:.1f} s after the kill", survivor_,
                      static_cast<double>(*take_over_->duration_ms()) / 1000));
    }
    show_figures(status.value());
    if (enough(status.value())) break;
    if (interrupted()) return interruption(kRemoved);
    if (auto written = flush_output(); !written) return written;  // nobody looks
    if (steady_clock::now() >= end) {
      return nodes_.empty() ? Error{ErrorKind::software, what} : nodes_.front().error("runs, but " + what);
    }
    pause_for(kBetweenReadings);
  }
  progress_.clear();
  return Done{};
}

// --- the steps ---

Status Demo::start_nodes() {
  say_step(fmt::format("2. Two nodes with {} each, both subscribed to \"{}\"",
                       count_of(settings_.consumers, "consumer"), settings_.inputs.channels.front()));
  for (const std::string name : {"node A", "node B"}) {
    const auto receipts = server_.file("receipts-" + std::to_string(nodes_.size()));
    auto node = DemoProcess::start(
        server_, name,
        {"consume", "--consumers", std::to_string(settings_.consumers), "--receipts", receipts});
    if (!node) return node.error();
    receipts_.push_back(receipts);
    nodes_.push_back(std::move(*node));
  }
  const auto both_in = [&](const observe::GroupStatus& status) {
    return status.exists() && status.nodes() == 2 && status.consumers == 2 * settings_.consumers;
  };
  if (auto up = watch(both_in, kStartLimit, "the two nodes are not both in the group"); !up) return up;
  for (auto& node : nodes_) say(fmt::format("  {} runs (process {})", node.name, node.child.pid()));
  return Done{};
}

/// The harder case: the other must first notice that there is no leader.
Status Demo::kill_the_leader(const observe::GroupStatus& status) {
  const auto* leader = status.find(status.leader);
  auto victim = nodes_.begin();
  for (auto node = nodes_.begin(); node != nodes_.end(); ++node) {
    if (leader != nullptr && leader->pid == std::to_string(node->child.pid())) victim = node;
  }
  group::MemberId id;
  for (const auto& member : status.members) {
    if (member.pid == std::to_string(victim->child.pid())) id = member.id;
  }
  if (id.empty()) return victim->error("is not in the group any more");
  progress_.clear();
  say_step(fmt::format("4. kill -9 of {}{}, in the middle of its work", victim->name,
                       leader != nullptr && leader->id == id ? ", the leader of the two" : ""));
  take_over_.emplace(id, redis::EventLoop::now_ms());
  take_over_->read(status, redis::EventLoop::now_ms());
  victim->child.kill();
  nodes_.erase(victim);
  survivor_ = nodes_.front().name;
  say(fmt::format(
      "  {} received the same messages and goes on with its half; it will notice, and do the other half too",
      survivor_));
  return Done{};
}

Status Demo::publish_and_kill_one() {
  const auto& publish = settings_.publish;
  const auto duration = publish.duration;
  say_step(fmt::format("3. Publishing {} for {}",
                       publish.rate > 0 ? with_commas(publish.rate) + " messages/s" : "batches of messages",
                       seconds_text(duration)));
  std::vector<std::string> arguments{
      "publish", "--json", "--ledger", server_.file("ledger"), "--duration", format_duration(duration)};
  if (publish.rate > 0) arguments.insert(arguments.end(), {"--rate", std::to_string(publish.rate)});
  auto publisher = DemoProcess::start(server_, "publisher", std::move(arguments));
  if (!publisher) return publisher.error();
  publisher_.emplace(std::move(*publisher));
  quiet_ = false;
  publishing_since_ = steady_clock::now();
  next_line_ = publishing_since_ + settings_.monitoring_interval;
  meter_.read(0, redis::EventLoop::now_ms());

  const auto half_way = publishing_since_ + duration / 2;
  std::optional<observe::GroupStatus> at_half;
  const auto is_half_way = [&](const observe::GroupStatus& status) {
    if (steady_clock::now() < half_way) return false;
    at_half = status;
    return true;
  };
  if (auto seen = watch(is_half_way, duration + kPublishGrace, "publishing takes too long"); !seen)
    return seen;
  if (auto killed = kill_the_leader(*at_half); !killed) return killed;

  const auto published = [&](const observe::GroupStatus&) { return !publisher_->child.running(); };
  if (auto seen = watch(published, duration + kPublishGrace, "publishing takes too long"); !seen) return seen;
  if (*publisher_->child.poll() != 0) return publisher_->error("failed");
  const auto taken_over = [&](const observe::GroupStatus&) { return take_over_->duration_ms().has_value(); };
  return watch(taken_over, kTakeOverLimit, "has not taken over what the dead node left");
}

Status Demo::finish() {
  say_step(fmt::format("5. Publishing is over; {} finishes what is left, and stops", survivor_));
  auto& node = nodes_.front();
  node.child.signal(SIGTERM);
  const auto ended = node.wait(kStopLimit);
  if (interrupted()) return interruption(kRemoved);
  if (!ended) return node.error("does not stop");
  if (*ended != 0) return node.error(how_it_ended(*ended) + " while stopping");
  nodes_.clear();
  return Done{};
}

// --- the second act ---

/// A name always means the same directory, whichever process of it.
Status Demo::start_node_with_files(const std::string& name) {
  const auto receipts = server_.file("receipts-" + std::to_string(receipts_.size()));
  auto node = DemoProcess::start(server_, name,
                                 {"consume", "--consumers", std::to_string(settings_.consumers),
                                  "--processor", std::string("delay:") + kSecondDelay, "--receipts", receipts,
                                  "--journal-dir", server_.file("files of " + name)});
  if (!node) return node.error();
  receipts_.push_back(receipts);
  nodes_.push_back(std::move(*node));
  return Done{};
}

Status Demo::start_both_with_files() {
  for (const std::string name : {"node C", "node D"}) {
    if (auto started = start_node_with_files(name); !started) return started;
  }
  const auto both_in = [this](const observe::GroupStatus& status) {
    return std::ranges::all_of(nodes_, [&](const auto& node) {
      return std::ranges::any_of(status.members, [&](const auto& member) {
        return member.listed && member.pid == std::to_string(node.child.pid());
      });
    });
  };
  return watch(both_in, kStartLimit, "the two nodes are not both in the group");
}

Status Demo::kill_all_at_once() {
  quiet_ = true;
  take_over_told_ = true;
  say_step("6. All at once: nodes C and D, which keep what they receive in files, too (--journal-dir)");
  if (auto up = start_both_with_files(); !up) return up;
  std::uint64_t before = 0, there = 0;
  const auto look = [&](std::uint64_t& into) {
    return watch(
        [&](const auto& status) { return (into = status.entries_added + status.dead_letters), true; },
        kStartLimit, "");
  };
  if (auto seen = look(before); !seen) return seen;
  auto publisher = DemoProcess::start(server_, "publisher",
                                      {"publish", "--json", "--ledger", server_.file("ledger-2"), "--count",
                                       std::to_string(kSecondCount), "--rate", "20000"});
  if (!publisher) return publisher.error();
  const auto published = [&](const observe::GroupStatus&) { return !publisher->child.running(); };
  if (auto seen = watch(published, kPublishGrace, "publishing takes too long"); !seen) return seen;
  if (*publisher->child.poll() != 0) return publisher->error("failed");
  if (auto seen = look(there); !seen) return seen;
  for (auto& node : nodes_) node.child.kill();
  nodes_.clear();
  const auto killed_at = steady_clock::now();
  if (auto seen = look(there); !seen) return seen;
  say(fmt::format("  {} messages are published, {} of work each; {} are in the stream: kill -9 of both nodes",
                  with_commas(kSecondCount), kSecondDelay, with_commas(there - before)));
  if (auto up = start_both_with_files(); !up) return up;
  say("  both run again, and find in their files what they had received");
  const auto all_there = [&](const observe::GroupStatus& status) {
    return status.entries_added + status.dead_letters >= before + kSecondCount;
  };
  if (auto seen = watch(all_there, kTakeOverLimit, "has not done what was in its files"); !seen) return seen;
  say(fmt::format("  -> all {} are in the stream, {:.1f} s after the kill", with_commas(kSecondCount),
                  std::chrono::duration<double>(steady_clock::now() - killed_at).count()));
  for (auto& node : nodes_) node.child.signal(SIGTERM);
  for (auto& node : nodes_) {
    const auto ended = node.wait(kStopLimit);
    if (interrupted()) return interruption(kRemoved);
    if (!ended || *ended != 0)
      return node.error(ended ? how_it_ended(*ended) + " while stopping" : "does not stop");
  }
  nodes_.clear();
  return Done{};
}

// --- the audit ---

void Demo::print_audit(const DemoCounts& counts) const {
  const auto row = [](std::string_view name, const std::string& value, std::string_view note = "") {
    print("  {:<20}{:>12}{}{}\n", name, value, note.empty() ? "" : "   ", note);
  };
  row("published", with_commas(counts.published));
  row("received", with_commas(counts.received), "by at least one node");
  row("appended", with_commas(counts.appended), "to the stream");
  row("dead-lettered", with_commas(counts.dead_lettered));
  row("lost", with_commas(counts.lost));
  row("duplicated", with_commas(counts.duplicated));
  row("time to take over",
      take_over_->duration_ms()
          ? fmt::format("{:.1f} s", static_cast<double>(*take_over_->duration_ms()) / 1000)
          : "-",
      fmt::format("a lease of {} runs from a node's last sign of life", seconds_text(settings_.lease)));
}

Result<ExitCode> Demo::audit() {
  say_step("7. The audit: everything that was published against everything in the stream");
  const auto counts = audit_demo(server_, {server_.file("ledger"), server_.file("ledger-2")}, receipts_);
  if (!counts) return counts.error();
  print_audit(counts.value());
  const bool clean = counts.value().clean();
  const bool colour = wants_colour(STDOUT_FILENO);
  say(fmt::format("\n{}{}{}", colour ? (clean ? "\x1b[32m" : "\x1b[31m") : "",
                  clean ? "One node was killed, then all at once: nothing was lost and nothing duplicated."
                        : "FAILED: this must not happen.",
                  colour ? "\x1b[0m" : ""));
  return clean ? ExitCode::ok : ExitCode::failed;
}

}  // namespace

Result<ExitCode> run_demo(const Settings& settings) {
  only_note_interrupts();
  say_introduction();
  say_step(fmt::format("1. A private redis-server{}, in a temporary directory that is removed afterwards",
                       settings.demo_tls ? " with TLS" : ""));
  auto server =
      PrivateServer::start(Persistence::every_second, settings.demo_tls ? Access::tls : Access::unix_socket);
  if (!server) return server.error();
  if (settings.demo_tls) say_where(*server);
  auto client = redis::SyncClient::connect(server->endpoint());
  if (!client) return client.error();
  Demo demo(settings, std::move(*server), std::move(*client));
  if (auto done = demo.start_nodes(); !done) return done.error();
  if (auto done = demo.publish_and_kill_one(); !done) return done.error();
  if (auto done = demo.finish(); !done) return done.error();
  if (auto done = demo.kill_all_at_once(); !done) return done.error();
  return demo.audit();
}

}  // namespace tributary::cli
