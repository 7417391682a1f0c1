#include "torture/world.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "support/wait_until.hpp"

namespace tributary::test {

using namespace std::chrono_literals;

World::World(std::uint64_t seed, std::string where, int repeat, bool by_key)
    : random(seed),
      server({.config = {"appendonly yes", "appendfsync everysec", "save ''"}}),
      client(server.client()),
      directory(std::move(where)),
      keyed(by_key),
      repeat_(repeat) {}

namespace {

struct Kind {
  std::vector<std::string> flags;
  bool slow = false;
};

const Kind& choose_kind(std::mt19937_64& random, bool also_slow) {
  static const std::vector<Kind> fast = {{{"--processor", "stamp"}},
                                         {{"--processor", "stamp"}},
                                         {{"--processor", "delay:1ms"}},
                                         {{"--processor", "flaky:10", "--processing-retries", "1"}}};
  static const std::vector<Kind> slow = {
      {{"--processor", "delay:30ms"}, true},
      // Each message is a dead letter, until all its consumers hang for good.
      {{"--processor", "delay:3600s", "--processing-timeout", "300ms"}, true},
      {{"--processor", "delay:3600s"}, true}};
  const bool be_slow = random() % 4 == 0;
  const auto& kinds = be_slow && also_slow ? slow : fast;
  return kinds[random() % kinds.size()];
}

const char* choose_journal_limit(std::mt19937_64& random) {
  static const std::vector<const char*> limits = {"1MiB", "4MiB", "256MiB", "256MiB"};
  return limits[random() % limits.size()];
}

}  // namespace

void World::start_node() {
  auto node = std::make_unique<Node>();
  const int number = ++started_;
  node->receipts = directory + "/receipts-" + std::to_string(number);
  node->gate = std::make_unique<Gate>(server.socket_path());
  std::vector<std::string> command = {
      tributary_binary(), "consume",
      "--redis-url",      "redis://127.0.0.1:" + std::to_string(node->gate->port()),
      "--consumers",      std::to_string(1 + random() % 3),
      "--receipts",       node->receipts};
  if (repeat_ > 0) command.insert(command.end(), {"--dedup-window", "24h", "--dedup-limit", "1000000000"});
  if (keyed) command.insert(command.end(), {"--order-key", "key"});
  if (!nodes.empty()) {
    const auto& kind = choose_kind(random, slow_nodes_wanted);
    command.insert(command.end(), kind.flags.begin(), kind.flags.end());
    command.insert(command.end(), {"--journal-limit", choose_journal_limit(random)});
    node->slow = kind.slow;
  }
  node->process = std::make_unique<ChildProcess>(command, clean_environment());
  nodes.push_back(std::move(node));
}

int World::pick() {
  std::vector<int> living;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (!nodes[i]->stopped && nodes[i]->process->running()) living.push_back(static_cast<int>(i));
  }
  return living.empty() ? -1 : living[random() % living.size()];
}

int World::leader() {
  const auto member = client.text({"GET", "tributary:{messages:processed}:leader"});
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const auto mark = "-" + std::to_string(nodes[i]->process->pid()) + "-";
    if (!nodes[i]->stopped && nodes[i]->process->running() && member.find(mark) != std::string::npos) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

void World::kill(int index) {
  nodes[static_cast<std::size_t>(index)]->process->kill9();
  nodes.erase(nodes.begin() + index);
}

void World::begin_leaving(int index) {
  const auto at = nodes.begin() + index;
  (*at)->process->signal(SIGTERM);
  leaving.push_back(std::move(*at));
  nodes.erase(at);
}

// A node that left in good order drained first, and one that could not, status 75, has declared what it did not
// append: so what they received counts, too, and their receipts stay in the audit.
void World::await_leaving(std::chrono::milliseconds bound) {
  std::erase_if(leaving, [&](const std::unique_ptr<Node>& node) {
    const auto status = node->process->wait(bound);
    if (!status) return false;
    const bool never_up =
        *status == 128 + SIGTERM && node->process->err().empty();  // asked before it could hear
    if (never_up) return true;
    ++exits[*status];
    if (*status != 0 && *status != 128 + SIGKILL) {
      const auto said = node->process->err();
      std::printf("a node left with %d:\n%s\n", *status,
                  said.substr(said.size() - std::min<std::size_t>(said.size(), 1000)).c_str());
    }
    if (*status == 0 || *status == 75) receipts_of_leavers_.push_back(node->receipts);
    return true;
  });
}

void World::dismiss_slow_nodes() {
  slow_nodes_wanted = false;
  for (int i = static_cast<int>(nodes.size()) - 1; i >= 0; --i) {
    if (nodes[static_cast<std::size_t>(i)]->slow) begin_leaving(i);
  }
}

int World::exits_other_than(const std::vector<int>& statuses) const {
  int others = 0;
  for (const auto& [status, times] : exits) {
    if (std::find(statuses.begin(), statuses.end(), status) == statuses.end()) others += times;
  }
  return others;
}

void World::start_publisher(std::uint64_t rate, std::chrono::seconds duration, bool ledger,
                            std::vector<std::string> flags) {
  std::vector<std::string> command = {tributary_binary(), "publish", "--redis-url",
                                      server.url(),       "--rate",  std::to_string(rate),
                                      "--keep-going"};
  if (repeat_ > 0) command.insert(command.end(), {"--repeat", std::to_string(repeat_)});
  if (duration.count() > 0) command.insert(command.end(), {"--duration", std::to_string(duration.count())});
  if (ledger) {
    ledgers.push_back(directory + "/ledger-" + std::to_string(ledgers.size()));
    command.insert(command.end(), {"--ledger", ledgers.back()});
  }
  if (keyed) command.insert(command.end(), {"--keys", std::to_string(kKeys)});
  command.insert(command.end(), flags.begin(), flags.end());
  publishers_.push_back(std::make_unique<ChildProcess>(command, clean_environment()));
}

void World::await_publishers() {
  for (auto& publisher : publishers_) {
    const auto status = publisher->wait(10min);
    if (status != 0)
      std::printf("a publisher ended with %d: %s\n", status.value_or(-1), publisher->err().c_str());
  }
  publishers_.clear();
}

std::uint64_t World::committed() {
  const auto length =
      client.integer({"XLEN", "messages:processed"}) + client.integer({"XLEN", "messages:processed:dead"});
  return length < 0 ? 0 : static_cast<std::uint64_t>(length);
}

std::vector<std::string> World::surviving_receipts() const {
  auto paths = receipts_of_leavers_;
  for (const auto& node : nodes) paths.push_back(node->receipts);
  return paths;
}

}  // namespace tributary::test
