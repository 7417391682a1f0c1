#include "redis/server_check.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/base/safe_text.hpp"
#include "core/base/text.hpp"

namespace tributary::redis {
namespace {

using Fields = std::unordered_map<std::string_view, std::string_view>;

constexpr std::uint64_t kOldestMajorVersion = 7;

Fields fields_of(std::string_view info) {
  Fields fields;
  for (auto line : split(info, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (line.starts_with('#') || colon == std::string_view::npos) continue;
    fields.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return fields;
}

// Servers that speak the protocol, but do not promise one order of messages to all subscribers. Each gives
// itself away by a field of its own; Redis and Valkey are not among them.
std::string look_alike_of(const Fields& fields) {
  struct Sign {
    std::string_view field;
    std::string_view name;
  };
  static constexpr std::array kSigns{Sign{"dragonfly_version", "Dragonfly"},
                                     Sign{"kvrocks_version", "Kvrocks"},
                                     Sign{"mvcc_depth", "KeyDB"},
                                     Sign{"keydb_version", "KeyDB"},
                                     Sign{"garnet_version", "Garnet"},
                                     Sign{"pika_version", "Pika"}};
  for (const auto& sign : kSigns) {
    if (fields.contains(sign.field)) return std::string(sign.name);
  }
  const auto executable = fields.find("executable");
  if (executable != fields.end() && executable->second.find("keydb") != std::string_view::npos)
    return "KeyDB";
  return {};
}

std::uint64_t major_version(std::string_view version) {
  return to_number(version.substr(0, version.find('.'))).value_or(0);
}

// Of "master0:name=mymaster,status=ok,address=127.0.0.1:6379,slaves=1,sentinels=3" and the like.
std::vector<std::string> services(const Fields& fields) {
  std::vector<std::string> names;
  for (std::size_t i = 0;; ++i) {
    const auto master = fields.find("master" + std::to_string(i));
    if (master == fields.end()) return names;
    for (const auto part : split(master->second, ',')) {
      if (part.starts_with("name=")) names.emplace_back(part.substr(5));
    }
  }
}

std::optional<Error> refusal(const ServerFacts& facts, const Endpoint& endpoint) {
  const std::string redis = "Redis at " + endpoint.display();
  if (facts.sentinel) return explain_sentinel(facts, endpoint);
  if (!facts.look_alike.empty()) {
    return Error{ErrorKind::unavailable,
                 redis + " is " + facts.look_alike +
                     ", which does not give all subscribers one order of messages; use Redis 7 "
                     "or Valkey"};
  }
  if (facts.version.empty()) {
    return Error{ErrorKind::unavailable,
                 redis + " does not report its version; allow INFO for this user, or check that it is Redis"};
  }
  if (major_version(facts.version) < kOldestMajorVersion) {
    return Error{ErrorKind::unavailable,
                 redis + " is version " + facts.version + ", too old; use 7.0 or later"};
  }
  if (auto several = explain_several_hosts(facts, endpoint)) return several;
  if (facts.role == "slave") {
    return Error{ErrorKind::unavailable,
                 redis + (endpoint.has_sentinels()
                              ? " is a replica by now"
                              : " is a replica; point --redis-host and --redis-port at its primary")};
  }
  if (!facts.info_in_scripts && (facts.run_id.empty() || facts.master_replid.empty())) {
    return Error{ErrorKind::unavailable,
                 redis +
                     " does not tell which server process it is (run_id and master_replid in INFO); use "
                     "one that does"};
  }
  if (facts.maxmemory_policy.starts_with("allkeys-")) {
    return Error{ErrorKind::configuration, redis + " has maxmemory-policy " + facts.maxmemory_policy +
                                               ", which may drop the output stream; set it to noeviction"};
  }
  return std::nullopt;
}

}  // namespace

const std::string_view kInfoInScripts = R"LUA(#!lua flags=no-writes
local text = ''
for _, section in ipairs({'server', 'replication'}) do
  local answer = redis.pcall('INFO', section)
  if type(answer) == 'string' then text = text .. answer end
end
return string.find(text, 'run_id:%x') and string.find(text, 'master_replid:%x') and 1 or 0
)LUA";

ServerFacts parse_info(std::string_view info) {
  const Fields fields = fields_of(info);
  const auto text = [&](std::string_view name) {
    const auto field = fields.find(name);
    return field == fields.end() ? std::string() : std::string(field->second);
  };
  ServerFacts facts;
  facts.version = text("redis_version");
  facts.look_alike = look_alike_of(fields);
  facts.role = text("role");
  facts.sentinel = text("redis_mode") == "sentinel" || fields.contains("sentinel_masters");
  if (facts.sentinel) facts.sentinel_services = services(fields);
  facts.run_id = text("run_id");
  facts.master_replid = text("master_replid");
  facts.maxmemory_policy = text("maxmemory_policy");
  facts.maxmemory = to_number(text("maxmemory")).value_or(0);
  facts.loading = text("loading") == "1";
  facts.cluster_enabled = text("cluster_enabled") == "1" || text("redis_mode") == "cluster";
  facts.aof_enabled = text("aof_enabled") == "1";
  facts.waits_for_replicas = fields.contains("min_slaves_good_slaves");
  return facts;
}

std::optional<Error> explain_several_hosts(const ServerFacts& facts, const Endpoint& endpoint) {
  if (facts.cluster_enabled || endpoint.others.empty()) return std::nullopt;
  return Error{ErrorKind::configuration,
               "Redis at " + endpoint.display() +
                   " is no node of a cluster, but --redis-url names several hosts; name one, or its "
                   "Sentinels with redis+sentinel://"};
}

Error explain_sentinel(const ServerFacts& facts, const Endpoint& endpoint) {
  const auto scheme = std::string(endpoint.tls.on ? "rediss" : "redis") + "+sentinel://";
  const auto name =
      facts.sentinel_services.empty() ? std::string("NAME") : visible_text(facts.sentinel_services.front());
  return {ErrorKind::unavailable, "what answers at " + endpoint.display() +
                                      " is a Sentinel; to follow the primary that it watches use " + scheme +
                                      endpoint.display() + "/" + name};
}

ServerVerdict check_server(const ServerFacts& facts, const Endpoint& endpoint, bool stream_is_trimmed) {
  const std::string redis = "Redis at " + endpoint.display();
  ServerVerdict verdict;
  verdict.refusal = refusal(facts, endpoint);
  if (facts.maxmemory_policy.starts_with("volatile-")) {
    verdict.warnings.push_back(
        redis + " has maxmemory-policy " + facts.maxmemory_policy +
        ": when memory runs short it may drop the leader's lease and the consumers list, which are written "
        "again with the next beats; set it to noeviction");
  }
  if (!facts.info_in_scripts) {
    verdict.warnings.push_back(redis +
                               " does not let scripts read INFO: nodes go by what their connections read, so "
                               "a fail-over that closes "
                               "no connection and is over between two beats goes unnoticed, and what it "
                               "loses is not appended again");
  }
  if (!facts.aof_enabled) {
    verdict.warnings.push_back(redis +
                               " has no append-only file: a restart loses what was written since its last "
                               "snapshot, or everything; set appendonly yes");
  }
  if (endpoint.has_sentinels() && !facts.waits_for_replicas) {
    verdict.warnings.push_back(redis +
                               " has min-replicas-to-write 0: after a fail-over it may go on as a primary "
                               "for seconds, and what it takes then is lost; set it to 1");
  }
  if (facts.maxmemory > 0 && !stream_is_trimmed) {
    verdict.notes.push_back(
        redis +
        " has a memory limit and the stream is not trimmed: when memory is full, nothing can be "
        "appended; consider --stream-maxlen");
  }
  return verdict;
}

}  // namespace tributary::redis
