// What processors other than stamp, and other formats, cost: each beside what it is compared with, both as fast as a
// backlog is worked off.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include "bench/measures.hpp"
#include "bench/publisher.hpp"
#include "cli/options/options.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/system/temporary_directory.hpp"
#include "process/processors/exec_request.hpp"

namespace tributary::bench {
namespace {

using Flags = std::vector<std::string>;

constexpr std::uint64_t kWarmUp = 1000;
constexpr std::uint64_t kRate = 150'000;  // of the publisher, while the group pauses
constexpr std::chrono::seconds kPatience{60};

// What is published.
const std::string kOneMember = message_with();
const std::string kTwoMembers = message_with(R"(,"kind":"order")");
const std::string kTenMembers = message_with(
    R"(,"kind":"order","customer":"c-48213","amount":129.95,"currency":"EUR","items":3,"paid":true,)"
    R"("note":"please ring twice","created":"2026-05-01T12:00:00Z","tags":["new","gift"])");

std::string script(const std::string& name) { return TRIBUTARY_BENCH_PROCESSORS "/" + name; }

template <class T>
T value_of(Result<T> result) {
  if (!result) throw Failure(result.error().message);
  return std::move(result.value());
}

cli::ChildProcess start(Flags command, const std::string& output = "/dev/null") {
  cli::ChildOptions options;
  options.command = std::move(command);
  options.environment = cli::setting_variables();
  options.output_file = output;
  options.error_file = "/dev/null";
  return value_of(cli::ChildProcess::start(options));
}

void run(Flags command, const std::string& output = "/dev/null") {
  const auto words = command;
  if (start(std::move(command), output).wait(kPatience) != 0)
    throw Failure(fmt::format("{} failed", fmt::join(words, " ")));
}

bool is_there(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

std::string last_id(Team& team) {
  const auto newest = team.ask({"XREVRANGE", kStream, "+", "-", "COUNT", "1"});
  return newest.elements.empty() ? "0-0" : newest.elements[0].elements[0].text;
}

// Messages per second at which a backlog is worked off, by the times of the first and the last entry: publishing takes
// nothing from it, nor does the time until the group takes notice.
double work_off(const Plan& plan, const Lineup& lineup, const std::string& message, std::uint64_t full) {
  const auto count = plan.messages(full);
  Team team(plan.programs, lineup);
  Publisher publisher(team, message);
  publisher.flat_out(std::min(kWarmUp, count / 10));
  team.wait_until_appended(publisher.published());
  const auto control = [&](const char* command) {
    auto words = team.flags();
    words.insert(words.begin(), {plan.programs.tributary, command});
    run(std::move(words));
  };
  control("pause");
  const auto before = last_id(team);
  publisher.paced(kRate, count);
  const auto server = team.server_cpu_seconds(), own = team.own_cpu_seconds();
  control("resume");
  team.wait_until_appended(publisher.published());
  const auto each = [count](double seconds) { return seconds * 1e6 / static_cast<double>(count); };
  progress(fmt::format("  {}: CPU of the server {:.2f} us, of the node {:.2f} us per message", lineup.name,
                       each(team.server_cpu_seconds() - server), each(team.own_cpu_seconds() - own)));
  if (team.appended() != publisher.published()) throw Failure(lineup.name + " appended something twice");
  const auto first = team.ask({"XRANGE", kStream, "(" + before, "+", "COUNT", "1"});
  const auto milliseconds = std::stod(last_id(team)) - std::stod(first.elements.at(0).elements.at(0).text);
  return static_cast<double>(count) * 1000 / std::max(milliseconds, 1.0);
}

// Requests that two of the Python programs answer per second, read from files that hold them all; without what it takes
// them to start.
double python_from_files(const Plan& plan, std::uint64_t full) {
  constexpr int kPrograms = 2;
  const auto files = value_of(cli::TemporaryDirectory::create());
  const auto each = plan.messages(full) / kPrograms;
  const std::ofstream none(files.file("none"));
  std::ofstream requests(files.file("all"));
  std::string line;
  for (std::uint64_t i = 0; i < each; ++i) {
    const auto position = "1.3fa9c2:" + std::to_string(i);
    line.clear();
    process::append_request(
        line, {kTwoMembers, "6f1c2a7e-90d4-4b3a-8c55-000000000000", position, kChannel, 1}, true);
    requests << line;
  }
  requests.close();
  const auto seconds = [&](const std::string& file) {
    const auto started = nanoseconds_now();
    std::vector<cli::ChildProcess> programs;
    for (int i = 0; i < kPrograms; ++i)
      programs.push_back(
          start({"sh", "-c", "exec python3 '" + script("answering.py") + "' <'" + file + "'"}));
    for (auto& program : programs) {
      if (program.wait(kPatience) != 0) throw Failure("python3 " + script("answering.py") + " failed");
    }
    return static_cast<double>(nanoseconds_now() - started) / 1e9;
  };
  const auto starting = seconds(files.file("none"));
  return static_cast<double>(kPrograms * each) / (seconds(files.file("all")) - starting);
}

// A server for as long as `take` is called with its URL.
double with_server(const Plan& plan, const std::function<double(const std::string& url)>& take) {
  const auto files = value_of(cli::TemporaryDirectory::create());
  const auto server = start({plan.programs.bare_http_server}, files.file("port"));
  std::string port;
  for (int i = 0; i < 1000 && port.empty(); ++i) {
    cli::pause_for(std::chrono::milliseconds(2));
    std::ifstream(files.file("port")) >> port;
  }
  if (port.empty()) throw Failure("the HTTP server does not come up");
  return take("http://127.0.0.1:" + port + "/");
}

double requests_by_wrk(const Plan& plan, const std::string& url) {
  const auto files = value_of(cli::TemporaryDirectory::create());
  run({"wrk", "--threads", "1", "--connections", "16", "--duration", plan.is_short ? "1s" : "2s", "--script",
       script("requests.lua"), url},
      files.file("said"));
  std::ifstream said(files.file("said"));
  for (std::string word; said >> word;) {
    double rate = 0;
    if (word == "Requests/sec:" && said >> rate) return rate;
  }
  throw Failure("wrk does not say how many requests it made");
}

struct Side {
  std::string name;
  std::function<double()> per_second;
};
struct Comparison {
  std::string measure;
  double target;
  Side ours, theirs;
  std::vector<double> our_takes = {}, their_takes = {};
};

void skip(Report& report, const std::string& what, const std::string& program) {
  const auto why = "skipped: " + program + " is not installed";
  progress(what + " " + why);
  report.fact(what, why);
}

std::vector<Comparison> comparisons(const Plan& plan, Report& report) {
  const auto node = [&plan](std::string name, int consumers, Flags flags, const std::string& message,
                            std::uint64_t count) {
    auto lineup = nodes_with(1, consumers, std::move(flags));
    lineup.name = name;
    return Side{std::move(name),
                [&plan, lineup, &message, count] { return work_off(plan, lineup, message, count); }};
  };
  constexpr std::uint64_t kFast = 300'000, kMiddle = 150'000, kSlow = 60'000;
  const auto processor = [](const std::string& value) { return Flags{"--processor", value}; };
  const auto exec = processor("exec:" + plan.programs.answering_child);
  std::vector<Comparison> all;
  all.push_back({"plugin, adding a field", 0.95,
                 node("plugin", 1, processor("plugin:" + plan.programs.plugin), kOneMember, kFast),
                 node("stamp", 1, {}, kOneMember, kFast)});
  all.push_back({"lua, adding a field from a member", 0.6,
                 node("lua", 1, processor("lua:" + script("field.lua")), kTwoMembers, kMiddle),
                 node("stamp", 1, {}, kTwoMembers, kFast)});
  for (const int consumers : {1, 4}) {
    all.push_back(
        {fmt::format("exec, C++ child answering {{}}, {} consumer{}", consumers, consumers == 1 ? "" : "s"),
         0.35, node("exec", consumers, exec, kOneMember, kMiddle),
         node("stamp", consumers, {}, kOneMember, kFast)});
  }
  if (is_there("python3")) {
    all.push_back(
        {"exec, Python child with json, 2 consumers",
         0.7,
         node("exec", 2, processor("exec:python3 " + script("answering.py")), kTwoMembers, kMiddle),
         {"two such children, fed from a file", [&plan] { return python_from_files(plan, kMiddle); }}});
  } else {
    skip(report, "exec, Python child", "python3");
  }
  if (is_there("wrk")) {
    const auto by_node = [&plan](const std::string& url) {
      auto lineup = nodes_with(1, 16, {"--processor", url});
      lineup.name = "http";
      return work_off(plan, lineup, kTwoMembers, kSlow);
    };
    const auto by_wrk = [&plan](const std::string& url) { return requests_by_wrk(plan, url); };
    all.push_back({"http, a bare server on loopback, 16 consumers",
                   0.5,
                   {"http", [&plan, by_node] { return with_server(plan, by_node); }},
                   {"wrk, 16 connections", [&plan, by_wrk] { return with_server(plan, by_wrk); }}});
  } else {
    skip(report, "http", "wrk");
  }
  all.push_back({"--format raw, stamp", 1.0, node("raw", 1, {"--format", "raw"}, kOneMember, kFast),
                 node("json, stamp", 1, {}, kOneMember, kFast)});
  all.push_back({"--entry payload, 10 members", 1.3,
                 node("--entry payload", 1, {"--entry", "payload"}, kTenMembers, kMiddle),
                 node("--entry members", 1, {}, kTenMembers, kMiddle)});
  return all;
}

}  // namespace

void measure_processors(const Plan& plan, Report& report) {
  auto all = comparisons(plan, report);
  in_turn(plan, "processors", 2 * all.size(), [&](std::size_t i) {
    auto& comparison = all[i / 2];
    const auto& side = i % 2 == 0 ? comparison.ours : comparison.theirs;
    const auto rate = side.per_second();
    progress(fmt::format("  {}: {:.0f}/s", side.name, rate));
    (i % 2 == 0 ? comparison.our_takes : comparison.their_takes).push_back(rate);
  });
  for (const auto& [measure, target, ours, theirs, our_takes, their_takes] : all) {
    report.add({measure, theirs.name, at_least(target), ratio_of(our_takes, their_takes), "",
                thousands(figure_of(our_takes).median) + " / " + thousands(figure_of(their_takes).median)});
    report.samples("processors, messages/s, " + measure, our_takes);
    report.samples("processors, messages/s, " + measure + ": " + theirs.name, their_takes);
  }
}

}  // namespace tributary::bench
