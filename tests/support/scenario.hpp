#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/group_snapshot.hpp"
#include "support/node.hpp"
#include "support/redis_server.hpp"
#include "support/temporary_directory.hpp"
#include "support/wait_until.hpp"

namespace tributary::test {

using Flags = std::vector<std::string>;

/// Lease 500 ms, beat 100 ms, replay window 1.2 s: what a user waits seconds for happens sooner.
Flags quick_times();

/// What `tributary verify --json` said.
struct AuditResult {
  int status = -1;
  std::string text;  ///< all it wrote, for messages of failed tests
  boost::json::object counts;

  std::int64_t count(std::string_view name) const;
};

/// A server, nodes and a publisher, as a user would start them; each test makes something go wrong and ends
/// with an audit. Nodes get quick_times() unless their flags say otherwise.
class Scenario : public testing::Test {
 protected:
  Scenario() : Scenario(RedisServer::Options{}) {}
  explicit Scenario(RedisServer::Options options) : redis_(std::move(options)), client_(redis_.client()) {}

  GroupSnapshot group() { return read_group(client_, "messages:processed", consumers_list_); }

  /// Starts `tributary consume`; returns once a view lists it (the test fails if none does).
  TributaryNode& start_node(const Flags& flags = {}, const std::vector<std::string>& environment = {});
  /// The same, without waiting.
  TributaryNode& launch_node(const Flags& flags = {}, const std::vector<std::string>& environment = {});
  /// `tributary agent` with receipts; returns once a view lists it.
  TributaryNode& start_agent(const Flags& flags = {});
  /// `count` nodes that write receipts; the leader is known when it returns.
  void start_nodes(int count, const Flags& flags = {});
  /// Waits until one of the running nodes leads.
  TributaryNode& leader();
  /// A running node that does not lead.
  TributaryNode& follower();

  /// Starts `tributary publish --ledger ... --count --rate` and returns at once.
  void start_publishing(int count, int rate = 10000, const Flags& flags = {});
  /// Runs it to its end.
  void publish(int count, int rate = 10000, const Flags& flags = {});
  /// Waits until the publisher is through and everything that reached somebody is in a stream.
  void finish_publishing();

  /// Entries ever appended to the output stream.
  std::int64_t appended() { return entries_added(client_, "messages:processed"); }
  void wait_for_entries(std::int64_t least);

  /// SIGTERM to every running node at once; each must exit 0.
  void stop_nodes();
  AuditResult verify(const Flags& flags);
  AuditResult verify_ledger(Flags flags = {});
  AuditResult verify_receipts(Flags flags = {});

  /// That what is published by somebody who comes now gets in: after a fail-over, when others may still publish at a server
  /// that is the primary no longer.
  void expect_messages_get_through();

  /// The usual end: publishing finished, nodes stopped, nothing lost, nothing twice, nothing left open.
  void finish_and_audit();
  /// The end where Redis itself failed: the promise speaks of what surviving nodes received. All of it is there, once.
  /// `more`: ledgers of other publishers.
  AuditResult audit_survivors(const Flags& more = {});
  /// Of stopped nodes: no open lanes, no consumer ids.
  void expect_nothing_left_open();

  RedisServer redis_;
  TestClient client_;
  Flags input_flags_;  ///< of every node and publisher
  std::string dead_letters_ = "messages:processed:dead", consumers_list_ = "consumer:ids";
  TemporaryDirectory files_;
  std::string ledger_ = files_.file("ledger");
  std::vector<std::string> receipts_;
  std::vector<std::unique_ptr<TributaryNode>> nodes_;
  std::unique_ptr<ChildProcess> publisher_;
};

/// Fails the test unless `tributary status` and `consume` both end with this code, and `text` in what they say.
void expect_refused(const Flags& flags, int status, const std::string& text);

/// Fails the test unless the audit found everything once.
void expect_clean(const AuditResult& audit);

}  // namespace tributary::test
