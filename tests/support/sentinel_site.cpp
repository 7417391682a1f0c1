#include "support/sentinel_site.hpp"

#include <stdexcept>

namespace tributary::test {

SentinelScenario::SentinelScenario(const Place& of_primary, const Place& of_others)
    : Scenario({.config = {"appendonly yes"}, .tcp = true, .place = of_primary}) {
  const std::vector<std::string> of_replica = {
      "appendonly yes", "replicaof " + redis_.host() + " " + std::to_string(redis_.port())};
  for (int i = 0; i < 2; ++i)
    replicas_.push_back(std::make_unique<RedisServer>(
        RedisServer::Options{.config = of_replica, .tcp = true, .place = of_others}));
  // Sentinels ask the primary for its replicas, so those are there first.
  if (!wait_until([&] { return client_.integer({"WAIT", "2", "100"}) == 2; }, kPatience))
    throw std::runtime_error("the replicas do not attach");
  for (int i = 0; i < 3; ++i) {
    sentinels_.push_back(std::make_unique<RedisServer>(RedisServer::Options{
        .config = {"sentinel monitor main " + redis_.host() + " " + std::to_string(redis_.port()) + " 2",
                   "sentinel down-after-milliseconds main 2000", "sentinel failover-timeout main 3000"},
        .tcp = true,
        .sentinel = true,
        .place = of_others}));
  }
  const auto knows_all = [&](std::size_t i) {
    const auto known = sentinel(i).command({"SENTINEL", "MASTER", "main"});
    int found = 0;
    for (std::size_t k = 0; k + 1 < known.elements.size(); k += 2) {
      const auto& field = known.elements[k].text;
      if (field == "num-slaves" || field == "num-other-sentinels") found += known.elements[k + 1].text == "2";
    }
    return found == 2;
  };
  if (!wait_until([&] { return knows_all(0) && knows_all(1) && knows_all(2); }, kPatience))
    throw std::runtime_error("the Sentinels do not find each other");
  redis_.use_url(sentinel_url());
}

std::string SentinelScenario::sentinel_url() const {
  std::string addresses;
  for (const auto& one : sentinels_) addresses += (addresses.empty() ? "" : ",") + one->address();
  return "redis+sentinel://" + addresses + "/main";
}

RedisServer& SentinelScenario::primary() {
  const auto told = sentinel().command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"});
  const auto port = told.elements.size() == 2 ? told.elements[1].text : std::string();
  if (port == std::to_string(redis_.port())) return redis_;
  for (const auto& one : replicas_) {
    if (port == std::to_string(one->port())) return *one;
  }
  throw std::runtime_error("the Sentinel names no server of ours: " + port);
}

RedisServer& SentinelScenario::wait_for_another_than(const RedisServer& old) {
  if (!wait_until([&] { return &primary() != &old; }, kPatience))
    throw std::runtime_error("there is no fail-over");
  auto& now = primary();
  client_ = now.client();
  return now;
}

}  // namespace tributary::test
