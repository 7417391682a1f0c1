// The primary of the group is cut off from all that could tell it that another has taken over, and not from everybody: a node and a
// publisher stay with it. What it acknowledges meanwhile is lost when the network is whole again.
#include <signal.h>

#include <thread>

#include "sites/under_load.hpp"
#include "support/cluster_site.hpp"
#include "support/hosts.hpp"
#include "support/sentinel_site.hpp"

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

/// Before the site, which starts its servers there.
struct TwoHosts {
  Host* add(const char* name) { return network_.unavailable().empty() ? &network_.add(name) : nullptr; }
  static Place place(const Host* host) { return host ? host->place() : Place{}; }
  Network network_;
  Host* alone_ = add("alone");    // with the primary
  Host* others_ = add("others");  // all other servers
};

/// A node and a publisher on the host of the primary, two nodes and a publisher on that of the others.
template <class Site>
class Partition : protected TwoHosts, public UnderLoad<Site> {
 protected:
  Partition() : UnderLoad<Site>(place(alone_), place(TwoHosts::others_)) {}
  void SetUp() override {
    if (!network_.unavailable().empty()) GTEST_SKIP() << network_.unavailable();
  }
  void be_on(const Host& host) { this->redis_.launch_clients_by(host.command({})); }

  /// The old primary is cut off for a second longer than it takes the others to go on.
  void survive_partition() {
    using std::chrono::steady_clock;
    const auto since = [](steady_clock::time_point begin) {
      return std::chrono::duration<double>(steady_clock::now() - begin).count();
    };
    const Flags times = {"--replay-window", "10s"};
    be_on(*alone_);
    this->start_nodes(1, times);
    this->start_publishing(60000, 1200, {"--keep-going"});
    const auto with_it = std::move(this->publisher_);
    const auto ledger = std::exchange(this->ledger_, this->files_.file("ledger-of-others"));
    be_on(*TwoHosts::others_);
    this->start_nodes(2, times);
    this->wait_for_entries(2000);

    alone_->cut();
    const auto begin = steady_clock::now();
    this->wait_for_another_than(this->redis_);
    this->expect_messages_get_through();
    const auto through = since(begin);
    this->start_publishing(6000, 2000, {"--keep-going"});
    auto old = this->redis_.client();
    const auto there = entries_added(old, "messages:processed");
    std::this_thread::sleep_for(1s);
    EXPECT_TRUE(with_it->running()) << "nobody publishes at the old primary";
    std::cout << "through again after " << std::fixed << std::setprecision(1) << through
              << " s; the old primary appends " << entries_added(old, "messages:processed") - there
              << " in the next second\n";
    alone_->heal();
    std::this_thread::sleep_for(1s);
    with_it->signal(SIGINT);
    EXPECT_EQ(with_it->wait(kPatience), 128 + SIGINT) << with_it->err();
    this->print(this->audit_survivors({"--ledger", ledger}));
  }
};

using ClusterPartition = Partition<ClusterScenario>;
using SentinelPartition = Partition<SentinelScenario>;

TEST_F(ClusterPartition, ThePrimaryGoesOnWithOneNode) { survive_partition(); }
TEST_F(SentinelPartition, ThePrimaryGoesOnWithOneNode) { survive_partition(); }

}  // namespace
}  // namespace tributary::test
