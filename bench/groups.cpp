// What a host with many groups costs that have nothing to do: one agent for all of them, and an agent for each.
#include <fmt/format.h>

#include <fstream>

#include "bench/measures.hpp"
#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"

namespace tributary::bench {
namespace {

constexpr int kGroups = 20;
constexpr double kSeconds = 20;
constexpr std::chrono::seconds kPatience{60};

std::string group_name(int number) { return fmt::format("group-{}", number); }

/// Of all processes together.
struct Cost {
  double megabytes = 0;  // of memory, what processes share counted once
  double cores = 0;
};

double proportional_megabytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pss:")) return std::stod(line.substr(4)) / 1024;
  }
  throw Failure("no Pss of an agent in /proc");
}

/// Agents at work on a server of their own.
class Agents {
 public:
  explicit Agents(const std::string& program)
      : program_(program), server_(cli::PrivateServer::start(cli::Persistence::none)) {
    if (!server_) throw Failure(server_.error().message);
    std::ofstream config(server_->file("groups.conf"));
    for (int i = 0; i < kGroups; ++i)
      config << fmt::format("[group {}]\ninput-channel = channel-{}\n", group_name(i), i);
  }

  void start(const std::vector<std::string>& flags) {
    cli::ChildOptions options;
    options.command = {program_,       "agent",    "--redis-url",
                       server_->url(), "--config", server_->file("groups.conf"),
                       "--capacity",   "2"};
    options.command.insert(options.command.end(), flags.begin(), flags.end());
    options.environment = cli::setting_variables();
    options.output_file = options.error_file = server_->file("log");
    auto agent = cli::ChildProcess::start(options);
    if (!agent) throw Failure(agent.error().message);
    processes_.push_back(std::move(*agent));
  }

  Cost cost(double seconds) {
    wait_until_ready();
    pause(3);  // what it takes to start is not meant
    const auto before = cpu();
    pause(seconds);
    Cost cost;
    cost.cores = (cpu() - before) / seconds;
    for (const auto& process : processes_) cost.megabytes += proportional_megabytes(process.pid());
    return cost;
  }

 private:
  static void pause(double seconds) {
    cli::pause_for(std::chrono::milliseconds(static_cast<int>(seconds * 1000)));
    throw_if_interrupted();
  }

  double cpu() const {
    double sum = 0;
    for (const auto& process : processes_) sum += process_cpu_seconds(process.pid());
    return sum;
  }

  void wait_until_ready() {
    auto client = redis::SyncClient::connect(server_->endpoint());
    if (!client) throw Failure(client.error().message);
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (int i = 0; i < kGroups;) {
      const auto consumers = client->ask({"LLEN", group_name(i) + ":consumer:ids"});
      if (!consumers) throw Failure(consumers.error().message);
      if (consumers.value().integer > 0) {
        ++i;
      } else {
        pause(0.02);
      }
      if (std::chrono::steady_clock::now() > end)
        throw Failure("the agents do not come up:\n" + cli::last_lines(server_->file("log"), 10, "  "));
    }
  }

  std::string program_;
  Result<cli::PrivateServer> server_;
  std::vector<cli::ChildProcess> processes_;
};

}  // namespace

void measure_groups(const Plan& plan, Report& report) {
  progress(fmt::format("{} groups with nothing to do", kGroups));
  const auto measure = [&](bool together) {
    Agents agents(plan.programs.tributary);
    if (together) agents.start({});
    for (int i = 0; i < kGroups && !together; ++i) agents.start({"--output-stream", group_name(i)});
    return agents.cost(plan.seconds(kSeconds));
  };
  const auto one = measure(true);
  const auto many = measure(false);
  const auto add = [&](const std::string& what, double ours, double theirs, const std::string& absolute) {
    const auto ratio = ours / theirs;
    report.add({fmt::format("one agent for {} idle groups: {}", kGroups, what),
                "an agent for each",
                {},
                {ratio, ratio, ratio},
                "",
                absolute});
  };
  add("memory", one.megabytes, many.megabytes,
      fmt::format("{:.1f} / {:.1f} MiB (Pss)", one.megabytes, many.megabytes));
  add("CPU", one.cores, many.cores,
      fmt::format("{:.1f} / {:.1f} % of a core", one.cores * 100, many.cores * 100));
}

}  // namespace tributary::bench
