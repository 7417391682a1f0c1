#include "support/cluster_site.hpp"

#include <stdexcept>
#include <thread>

#include "redis/hash_slot.hpp"

namespace tributary::test {
namespace {

const std::string kStream = "messages:processed";

RedisServer::Options cluster_node(const Place& place) {
  // Gossip at its usual pace takes longer than the tests should.
  return {.config = {"cluster-enabled yes", "cluster-node-timeout 2000", "repl-diskless-sync-delay 0",
                     "cluster-config-file nodes.conf"},
          .tcp = true,
          .place = place};
}

void expect_ok(TestClient& client, const TestClient::Command& command) {
  const auto reply = client.command(command);
  if (reply.is_error()) throw std::runtime_error(command[1] + ": " + reply.text);
}

}  // namespace

ClusterScenario::ClusterScenario(const Place& of_group, const Place& of_others)
    : Scenario(cluster_node(of_group)) {
  const auto start = [&] { return std::make_unique<RedisServer>(cluster_node(of_others)); };
  for (int i = 0; i < 2; ++i) others_.push_back(start());
  for (int i = 0; i < 3; ++i) replicas_.push_back(start());
  std::vector<RedisServer*> primaries = {&redis_, others_[0].get(), others_[1].get()};
  std::vector<RedisServer*> all = primaries;
  for (const auto& replica : replicas_) all.push_back(replica.get());

  // redis_ has the third of the slots that the group's is in.
  const unsigned third = redis::hash_slot(kStream) / 5461u;
  for (unsigned i = 0; i < 3; ++i) {
    const unsigned part = (third + i) % 3, from = part * 5461, to = part == 2 ? 16383 : from + 5460;
    auto client = primaries[i]->client();
    expect_ok(client, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(from), std::to_string(to)});
    expect_ok(client, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  }
  for (auto* const server : all) {
    if (server != &redis_)
      expect_ok(client_, {"CLUSTER", "MEET", server->host(), std::to_string(server->port()),
                          std::to_string(server->bus_port())});
  }
  const auto all_say = [&](const std::string& text) {
    for (auto* const server : all) {
      if (server->client().text({"CLUSTER", "INFO"}).find(text) == std::string::npos) return false;
    }
    return true;
  };
  if (!wait_until([&] { return all_say("cluster_known_nodes:6") && all_say("cluster_state:ok"); }, kPatience))
    throw std::runtime_error("the nodes make up no cluster");
  for (std::size_t i = 0; i < 3; ++i) {
    auto client = replicas_[i]->client();
    expect_ok(client, {"CLUSTER", "REPLICATE", id_of(*primaries[i])});
  }
  const auto linked = [&] {
    for (const auto& replica : replicas_) {
      if (replica->client().text({"INFO", "replication"}).find("master_link_status:up") == std::string::npos)
        return false;
    }
    return all_say("cluster_state:ok");
  };
  if (!wait_until(linked, kPatience)) throw std::runtime_error("the replicas do not attach");
  redis_.use_url(url());
  dead_letters_ = "{" + kStream + "}:dead";
  consumers_list_ = "{" + kStream + "}:consumer:ids";
}

RedisServer& ClusterScenario::wait_for_another_than(const RedisServer& old) {
  const auto slot = static_cast<std::int64_t>(redis::hash_slot(kStream));
  RedisServer* found = nullptr;
  std::vector<RedisServer*> all = {&redis_, others_[0].get(), others_[1].get()};
  for (const auto& replica : replicas_) all.push_back(replica.get());
  const auto has_moved = [&] {
    for (auto* const asked : all) {
      if (asked == &old) continue;
      found = nullptr;
      for (const auto& range : asked->client().command({"CLUSTER", "SLOTS"}).elements) {
        if (range.elements.size() < 3 || slot < range.elements[0].integer || slot > range.elements[1].integer)
          continue;
        for (auto* const server : all) {
          if (server->port() == range.elements[2].elements[1].integer && server != &old) found = server;
        }
      }
      if (found == nullptr) return false;
    }
    return true;
  };
  if (!wait_until(has_moved, kPatience)) throw std::runtime_error("the slot stays where it is");
  client_ = found->client();
  return *found;
}

// As redis-cli --cluster reshard does it.
void ClusterScenario::move_slot_to(RedisServer& to, std::chrono::milliseconds pause) {
  const auto slot = std::to_string(redis::hash_slot(kStream));
  auto source = redis_.client(), target = to.client();
  const auto source_id = id_of(redis_), target_id = id_of(to);
  expect_ok(target, {"CLUSTER", "SETSLOT", slot, "IMPORTING", source_id});
  expect_ok(source, {"CLUSTER", "SETSLOT", slot, "MIGRATING", target_id});
  while (true) {
    const auto keys = source.command({"CLUSTER", "GETKEYSINSLOT", slot, "10"});
    if (keys.elements.empty()) break;
    for (const auto& key : keys.elements) {
      expect_ok(source, {"MIGRATE", to.host(), std::to_string(to.port()), key.text, "0", "5000"});
      std::this_thread::sleep_for(pause);
    }
  }
  for (auto* const server : {&target, &source})
    expect_ok(*server, {"CLUSTER", "SETSLOT", slot, "NODE", target_id});
  client_ = to.client();
}

}  // namespace tributary::test
