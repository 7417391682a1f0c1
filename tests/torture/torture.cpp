// Real nodes, a real redis-server with AOF, real publishers, and random faults of the process, the network
// and the server, one after the other or two at once. Ends with an audit: what the nodes that live received,
// and, for the time when nothing but nodes and their connections failed, what the publishers published.
//
//   torture --minutes M --seed S [--repeat PERCENT] [--keyed 1]
//
// Keyed, the group has an order key, and up to the first fault of Redis each key's entries must be in order.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "support/stream_audit.hpp"
#include "support/wait_until.hpp"
#include "torture/faults.hpp"
#include "torture/world.hpp"

namespace {

using namespace tributary::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kNodes = 4;
constexpr std::uint64_t kRate =
    3000;  // messages/s; less in a long run, so that the server's log can be loaded
constexpr auto kTimeToHandOver = 10s;  // four leases, and a little more
constexpr auto kLongestLeaving = 40s;  // a node gives up by itself after 30 s
constexpr std::uint64_t kMostMessages = 3'000'000;

struct Course {
  std::map<std::string, int> injected;
  double longest_stall_s = 0;
  bool flowed = true, rested = true;
  std::string in_order_to = "+";  ///< the last entry before Redis too failed
};

// Watches that the stream grows while there is something to carry, from its own connection; a stall is what a
// reader of the stream would see.
class StallWatch {
 public:
  explicit StallWatch(const RedisServer& server)
      : thread_([this, client = std::make_shared<TestClient>(server.client())] {
          std::int64_t last = -1;
          auto since = Clock::now();
          while (!done_) {
            const auto length = client->integer({"XLEN", "messages:processed"});
            if (length != last || !watching_) since = Clock::now();
            last = length;
            longest_ = std::max(longest_, std::chrono::duration<double>(Clock::now() - since).count());
            std::this_thread::sleep_for(50ms);
          }
        }) {}
  void watch(bool on) { watching_ = on; }
  double stop() {
    done_ = true;
    thread_.join();
    return longest_;
  }

 private:
  std::atomic<bool> done_{false};
  std::atomic<bool> watching_{false};
  double longest_ = 0;
  std::thread thread_;
};

// Returns once messages flow: a publisher that does not find the server gives up.
bool publish(World& world, std::uint64_t rate, std::chrono::seconds duration, bool ledger) {
  const auto before = world.committed();
  world.start_publisher(rate, duration, ledger);
  return wait_until([&] { return world.committed() > before; }, 20s);
}

void hurt(World& world, const std::vector<Fault>& faults, Clock::time_point until, bool redis_too,
          Course& course) {
  world.slow_nodes_wanted = true;
  while (Clock::now() < until) {
    if (world.slow_nodes_wanted && Clock::now() > until - kTimeToHandOver) world.dismiss_slow_nodes();
    const auto& fault = faults[world.random() % faults.size()];
    if (fault.of_redis && !redis_too) continue;
    if (!fault.inject(world)) continue;
    ++course.injected[fault.name];
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + world.random() % 900));
    world.await_leaving();
    while (world.nodes.size() < kNodes) world.start_node();
  }
}

bool comes_to_rest(World& world) {
  std::uint64_t last = 0;
  auto since = Clock::now();
  return wait_until(
      [&] {
        const auto now = world.committed();
        if (now != last) since = Clock::now();
        last = now;
        return now > 0 && Clock::now() - since > 9s;  // longer than a lease and the replay window
      },
      90s);
}

struct Arguments {
  double minutes = 2;
  std::uint64_t seed = std::random_device{}();
  int repeat = 0;  // percent of messages with the id of an earlier one
  bool keyed = false;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--minutes") == 0)
      arguments.minutes = std::atof(argv[i + 1]);
    else if (std::strcmp(argv[i], "--seed") == 0)
      arguments.seed = std::strtoull(argv[i + 1], nullptr, 10);
    else if (std::strcmp(argv[i], "--repeat") == 0)
      arguments.repeat = std::atoi(argv[i + 1]);
    else if (std::strcmp(argv[i], "--keyed") == 0)
      arguments.keyed = std::strcmp(argv[i + 1], "0") != 0;
    else
      return std::nullopt;
  }
  if (argc % 2 == 0 || arguments.minutes <= 0) return std::nullopt;
  return arguments;
}

// First only nodes and their connections fail, then Redis too.
Course torture(World& world, double minutes) {
  Course course;
  StallWatch watch(world.server);
  const auto faults = all_faults();
  const auto half =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::duration<double>(minutes * 30));
  const auto rate = std::min(
      kRate, kMostMessages / std::max<std::uint64_t>(static_cast<std::uint64_t>(2 * half.count()), 1));
  for (const bool redis_too : {false, true}) {
    course.flowed = publish(world, rate, half, !redis_too) && course.flowed;
    watch.watch(true);
    hurt(world, faults, Clock::now() + half, redis_too, course);
    watch.watch(false);
    world.await_publishers();
    world.await_leaving(kLongestLeaving);
    course.rested = comes_to_rest(world) && course.rested;
    if (redis_too) continue;
    const auto newest = world.client.command({"XREVRANGE", "messages:processed", "+", "-", "COUNT", "1"});
    if (!newest.elements.empty()) course.in_order_to = newest.elements[0].elements.at(0).text;
  }
  course.longest_stall_s = watch.stop();
  return course;
}

// Whether all left in good order.
bool end_nodes(World& world) {
  const auto troubled = world.exits_other_than({0, 75, 128 + SIGKILL});  // 75: it had too much to do
  const auto before = world.exits_other_than({0});
  while (!world.nodes.empty()) world.begin_leaving(0);
  world.await_leaving(kLongestLeaving);
  return troubled == 0 && world.leaving.empty() && world.exits_other_than({0}) == before;
}

void tell_faults(const Course& course) {
  int total = 0;
  std::printf("\n%-40s %8s\n", "fault", "times");
  for (const auto& [name, times] : course.injected) {
    std::printf("%-40s %8d\n", name.c_str(), times);
    total += times;
  }
  std::printf("%-40s %8d of %zu kinds\n\n", "together", total, course.injected.size());
}

void tell_findings(const StreamAudit& found) {
  const auto row = [](const char* name, std::uint64_t value, const char* what) {
    std::printf("%-14s %10llu  %s\n", name, static_cast<unsigned long long>(value), what);
  };
  row("received", found.received, "by nodes that lived to the end, or left in good order");
  row("published", found.published, "while only nodes and their connections failed");
  row("appended", found.appended, "");
  row("dead letters", found.dead_letters, "");
  row("dropped", found.dropped, "received, and its id was in the stream");
  row("declared", found.declared, "received, and inside a range of the loss ledger");
  row("lost", found.lost + found.unaccounted, "");
  row("duplicated", found.duplicated + found.twice, "");
  row("mixed up", found.mixed_up, "");
  row("disordered", found.disordered, "behind a later one of the same key, before Redis failed");
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) {
    std::fprintf(stderr, "usage: torture [--minutes M] [--seed S] [--repeat PERCENT] [--keyed 1]\n");
    return 64;
  }
  const auto seed = static_cast<unsigned long long>(arguments->seed);
  std::printf("torture: %.1f minutes, seed %llu%s\n", arguments->minutes, seed,
              arguments->keyed ? ", keyed" : "");
  std::fflush(stdout);

  TemporaryDirectory directory;
  World world(arguments->seed, directory.path(), arguments->repeat, arguments->keyed);
  for (int i = 0; i < kNodes; ++i) world.start_node();
  if (!wait_until([&] { return world.client.integer({"LLEN", "consumer:ids"}) >= kNodes; }, 20s)) {
    std::fprintf(stderr, "torture: the nodes did not start\n");
    return 1;
  }
  const auto course = torture(world, arguments->minutes);
  const auto receipts = world.surviving_receipts();
  const bool good_order = end_nodes(world);
  const auto found = audit(world.client, "messages:processed", receipts, world.ledgers,
                           {arguments->repeat > 0, arguments->keyed, course.in_order_to});

  tell_faults(course);
  tell_findings(found);
  std::printf("%-14s %9.1fs\n", "longest stall", course.longest_stall_s);
  for (const auto& text : found.examples) std::printf("  %s\n", text.c_str());
  if (!course.rested) std::printf("the group did not come to rest\n");
  for (const auto& [status, times] : world.exits) std::printf("left with %-3d %11d times\n", status, times);
  if (!good_order) std::printf("not all nodes left in good order\n");
  if (!course.flowed) std::printf("nothing was appended of what was published\n");
  const bool passed = found.clean() && course.rested && good_order && course.flowed;
  std::printf("\n%s; again with: ./dev torture --minutes %.1f --seed %llu%s\n", passed ? "PASSED" : "FAILED",
              arguments->minutes, seed,
              ((arguments->repeat > 0 ? " --repeat " + std::to_string(arguments->repeat) : std::string()) +
               (arguments->keyed ? " --keyed 1" : ""))
                  .c_str());
  return passed ? 0 : 1;
}
