#include "bench/team.hpp"

#include <fmt/format.h>

#include <ctime>

#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"
#include "redis/command.hpp"

namespace tributary::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{60};

template <class T>
T value_of(Result<T> result) {
  if (!result) throw Failure(result.error().message);
  return std::move(result.value());
}

double info_number(const std::string& info, const std::string& name) {
  const auto at = info.find(name + ":");
  if (at == std::string::npos) throw Failure("INFO does not tell " + name);
  return std::stod(info.substr(at + name.size() + 1));
}

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A pause between looks, so that looking does not disturb.
void rest(milliseconds time) {
  cli::pause_for(time);
  throw_if_interrupted();
}

}  // namespace

double process_cpu_seconds(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    throw Failure("a measured process has ended");
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void throw_if_interrupted() {
  if (cli::interrupted()) throw Failure(cli::interruption(cli::kRemoved).message);
}

Lineup floor_with(int idle_subscribers) {
  return {idle_subscribers == 0 ? "floor" : fmt::format("floor + {} idle", idle_subscribers),
          Lineup::Design::floor, 1, 1, idle_subscribers};
}

Lineup nodes_with(int nodes, int consumers, std::vector<std::string> flags) {
  const auto name = consumers % nodes == 0 ? fmt::format("{} x {}", nodes, consumers / nodes)
                                           : fmt::format("{} on {}", consumers, nodes);
  return {name, Lineup::Design::tributary, nodes, consumers, 0, std::move(flags)};
}

Lineup lock_workers(int workers) {
  return {fmt::format("lock x {}", workers), Lineup::Design::lock_per_message, workers, workers};
}

Lineup with_tls(Lineup lineup) {
  lineup.name += ", TLS";
  lineup.access = cli::Access::tls;
  return lineup;
}

Lineup with_tcp(Lineup lineup) {
  lineup.name += ", TCP";
  lineup.access = cli::Access::tcp;
  return lineup;
}

Lineup floor_that_reads() {
  auto lineup = floor_with(0);
  lineup.name += " that reads JSON";
  lineup.flags = {"json"};
  return lineup;
}

Lineup peer(const std::string& name, std::vector<std::string> command) {
  return {name, Lineup::Design::peer, 1, 1, 0, std::move(command)};
}

Lineup in_cluster(Lineup lineup) {
  lineup.name += ", cluster";
  lineup.access = cli::Access::cluster;
  return lineup;
}

IdleSubscriber::IdleSubscriber(const std::string& address) : connection_(address) {
  std::string command;
  redis::append_command(command, {"SUBSCRIBE", kChannel});
  connection_.send(command);
  thread_ = std::thread([this] {
    std::vector<char> buffer(512 << 10);
    try {
      for (;;) connection_.receive(buffer.data(), buffer.size(), Connection::Wait::yes);
    } catch (const Failure&) {  // shut down, or the server is gone
    }
  });
}

IdleSubscriber::~IdleSubscriber() {
  connection_.shut_down();
  thread_.join();
}

Team::Team(const Programs& programs, const Lineup& lineup)
    : lineup_(lineup),
      server_(value_of(cli::PrivateServer::start(lineup.persistence, lineup.access))),
      client_(value_of(redis::SyncClient::connect(server_.endpoint()))) {
  for (int i = 0; i < lineup.idle_subscribers; ++i)
    idle_.push_back(std::make_unique<IdleSubscriber>(address()));
  start_processes(programs);
  wait_until_ready();
}

std::string Team::address() const {
  const auto& endpoint = server_.endpoint();
  if (!endpoint.unix_socket.empty()) return endpoint.unix_socket;
  if (!endpoint.tls.on) return std::to_string(endpoint.port);
  return std::to_string(endpoint.port) + " " + server_.directory();
}

void Team::start_processes(const Programs& programs) {
  for (int i = 0; i < lineup_.processes; ++i) {
    const auto worker = std::to_string(i + 1);
    const int consumers =
        lineup_.consumers / lineup_.processes + (i < lineup_.consumers % lineup_.processes ? 1 : 0);
    switch (lineup_.design) {
      case Lineup::Design::floor:
        start(joined({programs.bare_bridge, address(), kChannel, kStream}, lineup_.flags), i);
        break;
      case Lineup::Design::peer:
        start(joined(lineup_.flags, {address(), kChannel, kStream}), i);
        break;
      case Lineup::Design::lock_per_message:
        start({programs.lock_per_message, address(), kChannel, kStream, "worker-" + worker}, i);
        break;
      case Lineup::Design::tributary:
        start_node(programs, consumers, i);
    }
  }
}

void Team::start_node(const Programs& programs, int consumers, int number) {
  std::vector<std::string> command{programs.tributary,        "consume",     "--consumers",
                                   std::to_string(consumers), "--log-level", "ERROR"};
  const auto where = flags();
  command.insert(command.end(), where.begin(), where.end());
  command.insert(command.end(), lineup_.flags.begin(), lineup_.flags.end());
  start(std::move(command), number);
}

void Team::start(std::vector<std::string> command, int number) {
  cli::ChildOptions options;
  options.command = std::move(command);
  options.environment = cli::setting_variables();
  options.output_file = options.error_file = server_.file(fmt::format("process-{}.log", number));
  processes_.push_back(value_of(cli::ChildProcess::start(options)));
}

void Team::wait_until_ready() {
  const auto end = steady_clock::now() + kPatience;
  const auto subscribers = lineup_.processes + lineup_.idle_subscribers;
  for (;; rest(milliseconds(2))) {
    expect_alive();
    if (steady_clock::now() > end) throw Failure(lineup_.name + " does not come up");
    const auto answer = ask({"PUBSUB", "NUMSUB", kChannel});
    if (answer.elements.size() < 2 || answer.elements[1].integer < subscribers) continue;
    if (lineup_.design != Lineup::Design::tributary) return;
    const std::string tag = lineup_.access == cli::Access::cluster ? fmt::format("{{{}}}:", kStream) : "";
    if (ask({"LLEN", tag + "consumer:ids"}).integer == lineup_.consumers) return;
  }
}

void Team::expect_alive() {
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (!processes_[i].running()) {
      throw Failure(fmt::format("{}: process {} has ended; the last it said:\n{}", lineup_.name, i + 1,
                                cli::last_lines(server_.file(fmt::format("process-{}.log", i)), 10, "  ")));
    }
  }
}

redis::Reply Team::ask(std::initializer_list<std::string_view> command) {
  return value_of(client_.ask(command));
}

std::uint64_t Team::appended() { return static_cast<std::uint64_t>(ask({"XLEN", kStream}).integer); }

double Team::own_cpu_seconds() const {
  double sum = 0;
  for (const auto& process : processes_) sum += process_cpu_seconds(process.pid());
  return sum;
}

double Team::server_cpu_seconds() {
  const auto info = ask({"INFO", "cpu"}).text;
  return info_number(info, "used_cpu_sys") + info_number(info, "used_cpu_user");
}

void Team::wait_until_appended(std::uint64_t entries) {
  auto last = appended();
  for (auto moved = steady_clock::now(); last < entries; rest(milliseconds(1))) {
    const auto now = appended();
    if (now != last) moved = steady_clock::now();
    last = now;
    if (steady_clock::now() - moved < kPatience) continue;
    expect_alive();
    throw Failure(fmt::format("{}: stuck at {} of {} entries", lineup_.name, last, entries));
  }
}

}  // namespace tributary::bench
