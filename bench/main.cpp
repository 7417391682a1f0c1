// Measures tributary beside a bare bridge and a lock per message, on servers of its own. See
// docs/performance.md.
//
//   tributary_bench [--short] [--only NAME ...] [--pairs N] [--minutes N] [--results DIRECTORY]
#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "bench/measures.hpp"
#include "cli/system/interrupt.hpp"
#include "tributary/version.hpp"

namespace {

using namespace tributary;
using namespace tributary::bench;

struct Measure {
  std::string name;
  void (*take)(const Plan&, Report&);
  bool only_if_asked_for = false;
};
const std::vector<Measure> kMeasures{{"flat-out", measure_flat_out},
                                     {"tcp", measure_tcp},
                                     {"tls", measure_tls},
                                     {"cluster", measure_cluster},
                                     {"lock", measure_lock},
                                     {"peers", measure_peers},
                                     {"work", measure_work_bound},
                                     {"latency", measure_latency},
                                     {"take-over", measure_take_over},
                                     {"keys", measure_keys},
                                     {"payloads", measure_payloads},
                                     {"memory", measure_memory},
                                     {"dedup", measure_dedup},
                                     {"journal", measure_journal},
                                     {"groups", measure_groups},
                                     {"watched", measure_watched},
                                     {"processors", measure_processors},
                                     {"soak", measure_soak, true}};

struct Request {
  Plan plan;
  std::vector<std::string> only;
  std::string results;
};

std::string names() {
  std::string text;
  for (const auto& measure : kMeasures) text += (text.empty() ? "" : ", ") + measure.name;
  return text;
}

Request parse(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      return i + 1 < argc ? std::string(argv[++i]) : throw Failure(word + " needs a value");
    };
    if (word == "--short") {
      request.plan.is_short = true;
      request.plan.pairs = 1;
    } else if (word == "--only") {
      request.only.push_back(value());
      const auto known = [&](const Measure& measure) { return measure.name == request.only.back(); };
      if (std::ranges::none_of(kMeasures, known)) throw Failure("--only knows: " + names());
    } else if (word == "--pairs") {
      request.plan.pairs = std::atoi(value().c_str());
      if (request.plan.pairs < 1 || request.plan.pairs > 1000)
        throw Failure("--pairs needs a number from 1 to 1000");
    } else if (word == "--minutes") {
      request.plan.soak_minutes = std::atof(value().c_str());
      if (request.plan.soak_minutes < 0.1 || request.plan.soak_minutes > 600)
        throw Failure("--minutes needs a number from 0.1 to 600");
    } else if (word == "--results") {
      request.results = value();
    } else {
      throw Failure(
          "unknown argument " + word +
          "; there are --short, --only NAME, --pairs N, --minutes N (of soak), --results DIRECTORY");
    }
  }
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  request.plan.programs = {here / "tributary",        here / "bare_bridge",
                           here / "lock_per_message", here / "answering_child",
                           here / "bare_http_server", here / "plugins" / "length.so"};
  return request;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

std::string load_average() {
  double loads[1] = {};
  return ::getloadavg(loads, 1) == 1 ? fmt::format("{:.2f}", loads[0]) : "unknown";
}

void note_machine(const Plan& plan, Report& report) {
  utsname system{};
  ::uname(&system);
  char date[32] = {};
  const auto now = std::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  std::strftime(date, sizeof date, "%Y-%m-%d", &parts);
  auto server = cli::PrivateServer::start(cli::Persistence::none);
  if (!server) throw Failure(server.error().message);
  auto client = redis::SyncClient::connect(server->endpoint());
  const auto info = client ? client->ask({"INFO", "server"}) : Result<redis::Reply>(client.error());
  if (!info) throw Failure(info.error().message);
  const auto& text = info.value().text;
  const auto version = text.find("redis_version:") + 14;
  report.fact("measured", fmt::format("{}, {} pairs", date, plan.pairs));
  report.fact("processor", fmt::format("{} x {}", std::thread::hardware_concurrency(), processor_name()));
  report.fact("system", fmt::format("{} {}", system.sysname, system.release));
  report.fact("Redis",
              text.substr(version, text.find('\r', version) - version) + ", no persistence, Unix socket");
  report.fact("load average before", load_average());
}

void run(const Request& request) {
  Report report(!request.plan.is_short);
  note_machine(request.plan, report);
  const auto start = std::chrono::steady_clock::now();
  for (const auto& measure : kMeasures) {
    const bool wanted = (request.only.empty() && !measure.only_if_asked_for) ||
                        std::ranges::find(request.only, measure.name) != request.only.end();
    if (wanted) measure.take(request.plan, report);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  report.fact("took", fmt::format("{:.0f} s", took.count()));
  fmt::print("{}", report.text());
  if (request.plan.is_short) {
    fmt::print("\nA short run, to see that it works: its figures say nothing.\n");
  } else {
    fmt::print("\n{} missed. A ratio is the median of {} pairs; below 8 % nothing is resolved.\n",
               report.missed(), request.plan.pairs);
  }
  if (request.results.empty()) return;
  report.write(request.results);
  fmt::print("Written to {}\n", request.results);
}

}  // namespace

int main(int argc, char** argv) {
  cli::catch_interrupts();
  try {
    run(parse(argc, argv));
    return 0;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "bench: {}\n", failure.what());
    return 1;
  }
}
