#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>

#include "cli/bench/bench_bridge.hpp"
#include "cli/bench/bench_site.hpp"
#include "cli/commands.hpp"
#include "cli/options/options.hpp"
#include "cli/publish/publish_payload.hpp"
#include "cli/system/child_process.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/json_text.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/terminal.hpp"
#include "embed/random_seed.hpp"
#include "redis/command.hpp"

// How fast this is at somebody's own server: the relay and a bare bridge by turns, under names that nobody
// else uses.
namespace tributary::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kWarmUp = 500;  // messages before the clock starts
// Messages published and not in the stream yet, and their bytes.
constexpr std::uint64_t kMostAhead = 50'000;
constexpr std::uint64_t kMostBytesAhead = 8 << 20;
constexpr std::size_t kPart = 500;  // messages sent at once
constexpr std::chrono::seconds kPatience{60};
constexpr std::uint64_t kBytesPerEntry = 200;  // in the server's memory, beyond the payload; a generous guess

Error without_progress(const std::string& who) {
  return {ErrorKind::software, who + ": nothing moves on this server any more"};
}

/// Publishes under the site's names and waits for the entries.
class Load {
 public:
  Load(BenchSite& site, std::uint64_t size) : site_(site), payloads_(size), random_(embed::random_seed()) {}

  /// So many more, as fast as they go, until all are in the stream.
  Status carry(std::uint64_t count, const std::string& who);

 private:
  Status send(std::size_t count);
  Status wait_for(std::uint64_t entries, const std::string& who);

  BenchSite& site_;
  PayloadMaker payloads_;
  Random random_;
  std::uint64_t published_ = 0;
  std::uint64_t appended_ = 0;
};

Status Load::send(std::size_t count) {
  std::string commands;
  for (std::size_t i = 0; i < count; ++i) {
    redis::append_command(commands, {"PUBLISH", site_.channel(), payloads_.make(random_uuid(random_))});
  }
  auto& client = site_.client();
  client.append_formatted(commands, count);
  published_ += count;
  Status all = Done{};
  while (client.pending() > 0) {  // all of them, so that the connection is fit for cleaning up
    const auto reply = client.next();
    if (!reply) return reply.error();
    if (reply.value().is_error())
      all = Error{ErrorKind::unavailable, "PUBLISH was refused: " + reply.value().text};
  }
  return all;
}

Status Load::wait_for(std::uint64_t entries, const std::string& who) {
  for (auto moved = steady_clock::now(); appended_ < entries; pause_for(milliseconds(1))) {
    if (interrupted()) return interruption(kRemoved);
    const auto length = site_.client().ask({"XLEN", site_.stream()});
    if (!length) return length.error();
    const auto now = static_cast<std::uint64_t>(length.value().integer);
    if (now >= entries) return appended_ = now, Status(Done{});
    if (now != appended_) moved = steady_clock::now();
    appended_ = now;
    if (steady_clock::now() - moved > kPatience) return without_progress(who);
  }
  return Done{};
}

Status Load::carry(std::uint64_t count, const std::string& who) {
  const auto end = published_ + count;
  const auto ahead = std::clamp<std::uint64_t>(kMostBytesAhead / payloads_.size(), 1, kMostAhead);
  while (published_ < end) {
    const auto part = std::min<std::uint64_t>({kPart, end - published_, ahead});
    if (published_ + part > ahead) {
      if (auto room = wait_for(published_ + part - ahead, who); !room) return room;
    }
    if (interrupted()) return interruption(kRemoved);
    if (auto sent = send(static_cast<std::size_t>(part)); !sent) return sent;
  }
  return wait_for(end, who);
}

class Bench {
 public:
  Bench(const Settings& settings, BenchSite& site) : settings_(settings), site_(site) {}

  /// Messages per second.
  Result<double> floor();
  Result<double> relay();

 private:
  Result<double> measure(const std::string& who, std::int64_t subscribers, std::size_t consumers);
  Status wait_until_ready(const std::string& who, std::int64_t subscribers, std::size_t consumers);
  Result<ChildProcess> start_node(const std::string& configuration);

  const Settings& settings_;
  BenchSite& site_;
};

Status Bench::wait_until_ready(const std::string& who, std::int64_t subscribers, std::size_t consumers) {
  for (const auto start = steady_clock::now(); steady_clock::now() - start < kPatience;
       pause_for(milliseconds(5))) {
    if (interrupted()) return interruption(kRemoved);
    const auto receiving = site_.client().ask({"PUBSUB", "NUMSUB", site_.channel()});
    if (!receiving) return receiving.error();
    const auto listed = site_.count_consumers();
    if (!listed) return listed.error();
    const auto& counts = receiving.value().elements;
    if (counts.size() == 2 && counts[1].integer == subscribers && listed.value() == consumers) return Done{};
  }
  const auto said = last_lines(site_.file("node.log"), 5, "  ");
  return Error{ErrorKind::unavailable,
               who + " did not start" + (said.empty() ? "" : "; its last output:\n" + said)};
}

Result<double> Bench::measure(const std::string& who, std::int64_t subscribers, std::size_t consumers) {
  if (auto ready = wait_until_ready(who, subscribers, consumers); !ready) return ready.error();
  Load load(site_, settings_.publish.payload_size);
  if (auto warm = load.carry(kWarmUp, who); !warm) return warm.error();
  const auto start = steady_clock::now();
  if (auto carried = load.carry(settings_.publish.count, who); !carried) return carried.error();
  const std::chrono::duration<double> seconds = steady_clock::now() - start;
  return static_cast<double>(settings_.publish.count) / seconds.count();
}

Result<double> Bench::floor() {
  if (auto clean = site_.clean(); !clean) return clean.error();
  const BareBridge bridge(site_.endpoint(), site_.channel(), site_.stream());
  return measure("the bare bridge", 1, 0);
}

Result<ChildProcess> Bench::start_node(const std::string& configuration) {
  ChildOptions options;
  options.command = {"/proc/self/exe", "consume", "--config", configuration};
  options.environment = setting_variables();
  options.output_file = options.error_file = site_.file("node.log");
  return ChildProcess::start(options);
}

Result<double> Bench::relay() {
  if (auto clean = site_.clean(); !clean) return clean.error();
  const auto configuration = site_.configuration(settings_);
  if (!configuration) return configuration.error();
  std::vector<ChildProcess> nodes;
  for (std::uint32_t i = 0; i < settings_.bench.nodes; ++i) {
    auto node = start_node(configuration.value());
    if (!node) return node.error();
    nodes.push_back(std::move(*node));
  }
  const auto consumers = std::size_t{settings_.consumers} * settings_.bench.nodes;
  auto rate = measure("tributary", settings_.bench.nodes, consumers);
  (void)site_.count_consumers();
  if (!rate) return rate;  // the nodes are killed, so that their names stay where clean() finds them
  for (auto& node : nodes) node.signal(SIGTERM);
  for (auto& node : nodes) node.stop(std::chrono::seconds(10));
  return rate;
}

struct Outcome {
  std::vector<double> floor, relay, ratios;  // one for each pair
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Status measure_pairs(const Settings& settings, BenchSite& site, Outcome& outcome) {
  Bench bench(settings, site);
  for (std::uint32_t pair = 0; pair < settings.bench.pairs; ++pair) {
    for (const bool ours : {pair % 2 == 0, pair % 2 != 0}) {
      const auto rate = ours ? bench.relay() : bench.floor();
      if (!rate) return rate.error();
      (ours ? outcome.relay : outcome.floor).push_back(rate.value());
    }
    outcome.ratios.push_back(outcome.relay.back() / outcome.floor.back());
    print_error("pair {} of {}: bare bridge {:.0f}/s, tributary {:.0f}/s, ratio {:.2f}\n", pair + 1,
                settings.bench.pairs, outcome.floor.back(), outcome.relay.back(), outcome.ratios.back());
  }
  return Done{};
}

void print_outcome(const Settings& settings, const Outcome& outcome) {
  const auto [lowest, highest] = std::ranges::minmax(outcome.ratios);
  if (settings.json) {
    boost::json::object result{{"messages", settings.publish.count},
                               {"nodes", settings.bench.nodes},
                               {"consumers", settings.consumers},
                               {"payload_size", settings.publish.payload_size},
                               {"bare_bridge_per_second", boost::json::value_from(outcome.floor)},
                               {"tributary_per_second", boost::json::value_from(outcome.relay)},
                               {"ratio", median(outcome.ratios)},
                               {"lowest_ratio", lowest},
                               {"highest_ratio", highest}};
    print("{}\n", json_text(std::move(result)));
    return;
  }
  print("tributary: {:.0f} messages/s; a bare bridge without any guarantee: {:.0f}/s\n",
        median(outcome.relay), median(outcome.floor));
  print("ratio {:.2f} ({:.2f} to {:.2f} in {} pairs of {} messages)\n", median(outcome.ratios), lowest,
        highest, settings.bench.pairs, settings.publish.count);
}

// Somebody else may be working there.
Status ask_before_flooding(const Settings& settings) {
  if (settings.yes || is_local(settings.redis)) return Done{};
  const auto what = fmt::format("{} times {} messages as fast as they go, to {}, which is not this machine",
                                2 * settings.bench.pairs, settings.publish.count, settings.redis.display());
  if (!is_terminal(STDIN_FILENO)) {
    return Error{ErrorKind::usage, "bench would publish " + what + "; pass --yes if that is what you want"};
  }
  print_error("This publishes {}.\nEveryone who uses that server will notice. Continue? [y/N] ", what);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return Done{};
  return Error{ErrorKind::declined, "nothing was done"};
}

std::uint64_t info_number(const std::string& info, std::string_view name) {
  const auto at = info.find(std::string(name) + ":");
  return at == std::string::npos ? 0 : std::strtoull(info.c_str() + at + name.size() + 1, nullptr, 10);
}

Status check_room(BenchSite& site, const Settings& settings) {
  const auto info = site.client().ask({"INFO", "memory"});
  if (!info) return info.error();
  const auto most = info_number(info.value().text, "maxmemory");
  const auto used = info_number(info.value().text, "used_memory");
  const auto needed = (settings.publish.count + kWarmUp) * (kBytesPerEntry + settings.publish.payload_size);
  if (most == 0 || used + needed <= most) return Done{};
  return Error{
      ErrorKind::unavailable,
      fmt::format("the server has not enough memory free for {} entries (about {} MiB): lower --count",
                  settings.publish.count, needed >> 20)};
}

}  // namespace

Result<ExitCode> run_bench(const Settings& settings) {
  if (const auto asked = ask_before_flooding(settings); !asked) return asked.error();
  catch_interrupts();
  auto site = BenchSite::open(settings.redis, Random(embed::random_seed()).hex(8));
  if (!site) return site.error();
  if (const auto room = check_room(*site, settings); !room) return room.error();
  print_error("at {}, under names that start with {}; they are removed at the end\n",
              settings.redis.display(), site->channel().substr(0, site->channel().rfind(':')));
  Outcome outcome;
  const auto status = measure_pairs(settings, *site, outcome);
  const auto cleaned = site->clean();
  if (!status) return status.error();
  print_outcome(settings, outcome);
  if (!cleaned) return cleaned.error();
  return ExitCode::ok;
}

}  // namespace tributary::cli
