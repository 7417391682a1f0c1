#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/redis_server.hpp"

namespace tributary::test {

/// A host of its own as far as the network goes: a network namespace with one interface, one address and a
/// host name. What runs in it reaches other hosts of its Network, and nothing else.
class Host {
 public:
  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }

  /// The command line that runs `command` on this host, as this host's process with the pid of ChildProcess.
  std::vector<std::string> command(const std::vector<std::string>& command) const;

  /// Where a server runs that runs on this host.
  Place place() const { return {command({}), address_}; }

  /// Takes the cable out: nothing gets through any more, and no end of a connection is told.
  void cut();
  /// Puts it in again.
  void heal();

 private:
  friend class Network;
  Host(std::string name, std::string address, std::vector<std::string> at_switch);

  std::string name_;
  std::string address_;
  std::vector<std::string> at_switch_;    // prefix of commands at the switch that this host hangs on
  std::unique_ptr<ChildProcess> holder_;  // does nothing; the namespaces live as long as it does
};

/// Hosts on one switch, made of network namespaces inside a user namespace: no rights are needed where
/// the kernel lets users make those, and nothing of the machine is seen or changed. Everything is held
/// by processes of the test, by no file, and so is gone when these end, also if the test dies. One
/// thread at a time.
class Network {
 public:
  Network();

  /// Why no network can be made here; empty if it can.
  const std::string& unavailable() const { return unavailable_; }

  /// A new host, reachable under its address (10.77.0.<number of the host>) when this returns. At most 200.
  /// Throws std::runtime_error, with what the tool said, if it cannot be made.
  Host& add(const std::string& name);

 private:
  std::unique_ptr<ChildProcess> holder_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::string> at_switch_;
  std::string unavailable_;
};

}  // namespace tributary::test
