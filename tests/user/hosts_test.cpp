// Hosts for real: each with a network of its own, one cut off, one dead, under load, from 4 consumers to 40
// and back.
#include <algorithm>
#include <cstdio>

#include "support/hosts.hpp"
#include "support/markers.hpp"
#include "support/scenario.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr char kPort[] = "6400";
constexpr auto kLease = 1s;
constexpr auto kBeat = 200ms;

/// Before Scenario, which starts the server.
struct OwnNetwork {
  RedisServer::Options server_options() {
    if (!network_.unavailable().empty()) return {};
    server_ = &network_.add("server");
    RedisServer::Options options;
    options.config = {"bind " + server_->address(), "port " + std::string(kPort), "protected-mode no"};
    options.place.launcher = server_->command({});
    return options;
  }
  Network network_;
  Host* server_ = nullptr;
};

struct Worker {
  Host& host;
  std::uint32_t capacity;
  std::unique_ptr<ChildProcess> agent;
  bool dead = false;
};

class HostsTest : protected OwnNetwork, public Scenario {
 protected:
  HostsTest() : Scenario(server_options()) {}
  void SetUp() override {
    if (!network_.unavailable().empty()) GTEST_SKIP() << network_.unavailable();
  }

  std::unique_ptr<ChildProcess> start_on(const Host& host, Flags command) {
    command.insert(command.begin(), tributary_binary());
    command.insert(command.end(), {"--redis-url", "redis://" + server_->address() + ":" + kPort});
    return std::make_unique<ChildProcess>(host.command(command), clean_environment());
  }
  void add_worker(const std::string& name, std::uint32_t capacity) {
    auto& host = network_.add(name);
    const Flags agent = {
        "agent",  "--capacity", std::to_string(capacity), "--processor", "delay:5ms", "--lease", "1s",
        "--beat", "200ms",      "--replay-window",        "2500ms"};
    workers_.push_back({host, capacity, start_on(host, agent)});
  }
  /// Publishes at a rate until the returned process is ended by finish().
  ChildProcess& publish_at(int rate) {
    ledgers_.push_back(files_.file("ledger-" + std::to_string(ledgers_.size())));
    publishers_.push_back(start_on(*publisher_host_, {"publish", "--rate", std::to_string(rate), "--duration",
                                                      "10m", "--ledger", ledgers_.back()}));
    return *publishers_.back();
  }
  void finish(ChildProcess& publisher) {
    publisher.signal(SIGINT);
    EXPECT_EQ(publisher.wait(kPatience), 128 + SIGINT) << publisher.err();
  }

  std::uint32_t weight_of(const GroupSnapshot& now, const Worker& worker) {
    for (const auto& member : now.members) {
      if (pid_of(member.id) == worker.agent->pid()) return member.weight;
    }
    return 0;
  }
  /// Whether the view gives every living host its share of `total`, rounded down or up, and nobody else any.
  bool shared_out(std::uint32_t total) {
    const auto now = group();
    std::uint32_t capacity = 0, sum = 0, listed = 0;
    for (const auto& worker : workers_) capacity += worker.dead ? 0 : worker.capacity;
    for (const auto& member : now.members) listed += member.weight;
    for (const auto& worker : workers_) {
      if (worker.dead) continue;
      const auto weight = weight_of(now, worker);
      const auto low = total * worker.capacity / capacity;
      if (weight < low || weight > low + (total * worker.capacity % capacity > 0 ? 1 : 0)) return false;
      sum += weight;
    }
    return sum == total && listed == total && now.consumer_ids == now.expected_consumer_ids();
  }
  /// Waits until it is so, and says how long that took.
  void wait_until_shared_out(std::uint32_t total, const char* what) {
    const auto started = steady_clock::now();
    EXPECT_TRUE(wait_until([&] { return shared_out(total); }, kPatience)) << what << shares();
    const std::chrono::duration<double> took = steady_clock::now() - started;
    std::printf("  %6.3f s  %s:%s\n", took.count(), what, shares().c_str());
  }
  std::string shares() {
    std::string text;
    const auto now = group();
    for (const auto& worker : workers_) {
      text += " " + worker.host.name() + " " + std::to_string(weight_of(now, worker));
    }
    return text;
  }
  /// `tributary scale`, and the time until the view is in force.
  void scale(const std::string& total) {
    const auto run = run_tributary("scale", redis_, {total});
    EXPECT_EQ(run.status, 0) << run.out << run.err;
    const auto at = run.out.find("in force after ");
    EXPECT_NE(at, std::string::npos) << run.out;
    std::printf("  scale %s: %s\n", total.c_str(), run.out.substr(at, run.out.find(':', at) - at).c_str());
    wait_until_shared_out(static_cast<std::uint32_t>(std::stoul(total)), "each host has its share");
  }
  std::uint32_t consumers() { return static_cast<std::uint32_t>(group().consumer_ids.size()); }
  void wait_for_more(std::int64_t entries) { wait_for_entries(appended() + entries); }

  void cut_off_and_heal(Worker& worker);
  void kill_host(Worker& worker, std::uint32_t total);
  void follow_a_step();
  void stop_and_audit();

  Host* publisher_host_ = nullptr;
  std::vector<Worker> workers_;
  std::vector<std::string> ledgers_;
  std::vector<std::unique_ptr<ChildProcess>> publishers_;
};

// Beyond the lease, so the others take over what it has; healed, it comes back as a new member.
void HostsTest::cut_off_and_heal(Worker& worker) {
  worker.host.cut();
  worker.dead = true;
  wait_until_shared_out(4, "a host was cut off, the others have its share");
  wait_for_more(300);
  worker.host.heal();
  worker.dead = false;
  wait_until_shared_out(4, "the host is back and has its share");
}

void HostsTest::kill_host(Worker& worker, std::uint32_t total) {
  Markers markers(redis_.client());
  const auto killed = group().tick;
  worker.host.cut();  // so that no connection is closed in good order
  worker.agent->kill9();
  worker.dead = true;
  wait_until_shared_out(total, "a host died, the others have its share");
  const auto made_up = markers.tick_when([&](const Markers::Members& members) {
    std::uint32_t sum = 0;
    for (const auto& member : members) {
      if (pid_of(member.id) == worker.agent->pid()) return false;
      sum += member.weight;
    }
    return sum == total;
  });
  ASSERT_TRUE(made_up);
  // A lease and a second is what is aimed at. After a stall of the machine all leases have run out, and
  // whoever leads waits another one before it judges.
  EXPECT_LE(*made_up - killed, std::uint64_t{(2 * kLease + 1s) / kBeat});
}

// Each consumer does 200 a second at best; 4 of them are enough for the steady load, not for
// what comes on top.
void HostsTest::follow_a_step() {
  const auto run = run_tributary("scale", redis_, {"auto", "--minimum", "2", "--maximum", "40"});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  auto& more = publish_at(1200);
  const auto started = steady_clock::now();
  // 1,600 a second need 8 consumers that are busy all the time.
  EXPECT_TRUE(wait_until([&] { return consumers() >= 8; }, kPatience)) << shares();
  const std::chrono::duration<double> took = steady_clock::now() - started;
  std::printf("  %6.3f s  automatic, after the load grew from 400/s to 1,600/s:%s\n", took.count(),
              shares().c_str());
  wait_for_more(3000);
  finish(more);
}

void HostsTest::stop_and_audit() {
  for (auto& publisher : publishers_) {
    if (publisher->running()) finish(*publisher);
  }
  const auto stopped = run_tributary("stop", redis_, {"--wait", "25s"});
  EXPECT_EQ(stopped.status, 0) << stopped.out << stopped.err;
  for (const auto& worker : workers_) {
    if (worker.dead) continue;
    EXPECT_EQ(worker.agent->wait(kPatience), 0) << worker.agent->err();
  }
  Flags files;
  for (const auto& ledger : ledgers_) files.insert(files.end(), {"--ledger", ledger});
  const auto audit = verify(files);
  expect_clean(audit);
  EXPECT_EQ(audit.count("published"), audit.count("appended")) << audit.text;
  EXPECT_EQ(audit.count("losses_declared"), 0) << audit.text;
  expect_nothing_left_open();
  std::printf("  %lld messages published, %lld lost, %lld duplicated\n",
              static_cast<long long>(audit.count("published")),
              static_cast<long long>(audit.count("missing")),
              static_cast<long long>(audit.count("duplicated")));
}

TEST_F(HostsTest, FourHostsAreScaledCutOffKilledAndNothingIsLostOrDoubled) {
  publisher_host_ = &network_.add("publisher");
  run_tributary("scale", redis_, {"4"});
  add_worker("host-a", 2);
  add_worker("host-b", 4);
  add_worker("host-c", 4);
  add_worker("host-d", 6);
  wait_until_shared_out(4, "four hosts began");
  publish_at(400);
  wait_for_more(400);
  scale("40");
  wait_for_more(400);
  scale("4");
  cut_off_and_heal(workers_[1]);
  scale("40");
  kill_host(workers_[3], 40);
  scale("4");
  wait_for_more(400);
  follow_a_step();
  stop_and_audit();
}

}  // namespace
}  // namespace tributary::test
