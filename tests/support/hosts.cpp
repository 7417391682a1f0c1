#include "support/hosts.hpp"

#include <stdexcept>

namespace tributary::test {
namespace {

using namespace std::chrono_literals;

using Command = std::vector<std::string>;

Command joined(Command command, const Command& more) {
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

/// Into the namespaces of a holder. The tool becomes the command, so the pid stays.
Command enter(const ChildProcess& holder) {
  return {"nsenter", "--target", std::to_string(holder.pid()), "--user",
          "--net",   "--uts",    "--preserve-credentials"};
}

/// A process that does nothing but hold its namespaces.
Command hold(const Command& prefix) {
  return joined(prefix, {"sh", "-c", "echo ready; exec sleep infinity"});
}

void run(const Command& command) {
  ChildProcess process(command);
  if (process.wait(10s) == 0) return;
  std::string line;
  for (const auto& word : command) line += word + " ";
  throw std::runtime_error(line + "failed: " + process.err());
}

}  // namespace

Host::Host(std::string name, std::string address, std::vector<std::string> at_switch)
    : name_(std::move(name)), address_(std::move(address)), at_switch_(std::move(at_switch)) {}

std::vector<std::string> Host::command(const std::vector<std::string>& command) const {
  return joined(enter(*holder_), command);
}

void Host::cut() { run(joined(at_switch_, {"ip", "link", "set", name_, "down"})); }
void Host::heal() { run(joined(at_switch_, {"ip", "link", "set", name_, "up"})); }

Network::Network() {
  try {
    holder_ =
        std::make_unique<ChildProcess>(hold({"unshare", "--user", "--map-root-user", "--net", "--uts"}));
    if (!holder_->wait_for_output("ready", 10s)) {
      unavailable_ = "no namespaces can be made: " + holder_->err();
      return;
    }
    at_switch_ = enter(*holder_);
    run(joined(at_switch_, {"ip", "link", "add", "switch", "type", "bridge"}));
    run(joined(at_switch_, {"ip", "link", "set", "switch", "up"}));
    add("probe");
  } catch (const std::runtime_error& error) {
    unavailable_ = error.what();
  }
}

Host& Network::add(const std::string& name) {
  const auto address = "10.77.0." + std::to_string(hosts_.size() + 1);
  auto& host = *hosts_.emplace_back(new Host(name, address, at_switch_));
  host.holder_ = std::make_unique<ChildProcess>(hold(joined(at_switch_, {"unshare", "--net", "--uts"})));
  if (!host.holder_->wait_for_output("ready", 10s)) throw std::runtime_error(host.holder_->err());
  const auto pid = std::to_string(host.holder_->pid());
  run(joined(at_switch_, {"ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", pid}));
  run(joined(at_switch_, {"ip", "link", "set", name, "master", "switch", "up"}));
  run(host.command({"ip", "address", "add", address + "/24", "dev", "eth0"}));
  run(host.command({"ip", "link", "set", "eth0", "up"}));
  run(host.command({"ip", "link", "set", "lo", "up"}));
  run(host.command({"hostname", name}));
  return host;
}

}  // namespace tributary::test
