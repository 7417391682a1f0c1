#include "torture/world.hpp"

#include <csignal>

#include "support/wait_until.hpp"

namespace tributary::test {

using namespace std::chrono_literals;

World::World(std::uint64_t seed, std::string where)
    : random(seed),
      server({.config = {"appendonly yes", "appendfsync everysec", "save ''"}}),
      client(server.client()),
      directory(std::move(where)) {}

void World::start_node() {
  auto node = std::make_unique<Node>();
  const int number = ++started_;
  node->receipts = directory + "/receipts-" + std::to_string(number);
  node->gate = std::make_unique<Gate>(server.socket_path());
  const std::vector<std::string> command = {
      tributary_binary(), "consume",
      "--redis-url",      "redis://127.0.0.1:" + std::to_string(node->gate->port()),
      "--consumers",      std::to_string(1 + random() % 3),
      "--receipts",       node->receipts,
      "--processor",      random() % 4 == 0 ? "delay:1ms" : "stamp"};
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

// A node that left in good order drained first, so what it received counts, too: its receipts stay in the
// audit. Asked to leave while Redis was being hurt it may say that it could not; then it counts as gone.
void World::terminate(int index) {
  auto& node = *nodes[static_cast<std::size_t>(index)];
  node.process->signal(SIGTERM);
  node.process->wait(35s);
  nodes.erase(nodes.begin() + index);
}

void World::start_publisher(std::uint64_t rate, std::chrono::seconds duration, bool ledger,
                            std::vector<std::string> flags) {
  std::vector<std::string> command = {tributary_binary(), "publish",
                                      "--redis-url",      server.url(),
                                      "--rate",           std::to_string(rate),
                                      "--duration",       std::to_string(duration.count()),
                                      "--keep-going"};
  if (ledger) {
    ledgers.push_back(directory + "/ledger-" + std::to_string(ledgers.size()));
    command.insert(command.end(), {"--ledger", ledgers.back()});
  }
  command.insert(command.end(), flags.begin(), flags.end());
  publishers_.push_back(std::make_unique<ChildProcess>(command, clean_environment()));
}

void World::await_publishers() {
  for (auto& publisher : publishers_) publisher->wait(10min);
  publishers_.clear();
}

std::uint64_t World::committed() {
  const auto length =
      client.integer({"XLEN", "messages:processed"}) + client.integer({"XLEN", "messages:processed:dead"});
  return length < 0 ? 0 : static_cast<std::uint64_t>(length);
}

std::vector<std::string> World::surviving_receipts() const {
  std::vector<std::string> paths;
  for (const auto& node : nodes) paths.push_back(node->receipts);
  return paths;
}

}  // namespace tributary::test
