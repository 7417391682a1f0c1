#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::redis {

/// What INFO tells of a server. Fields the server does not mention keep these defaults.
struct ServerFacts {
  std::string version;     ///< of the protocol it claims, e.g. "7.0.15"
  std::string look_alike;  ///< "Dragonfly", "KeyDB", ...; empty: Redis itself or a fork with the same core
  std::string role;        ///< "master" or "slave"
  bool sentinel = false;   ///< it watches servers and is none
  std::vector<std::string> sentinel_services;  ///< names of all that it watches
  std::string run_id;                          ///< of the process
  std::string master_replid;                   ///< of the data's history
  std::string maxmemory_policy;                ///< e.g. "noeviction"
  std::uint64_t maxmemory = 0;                 ///< bytes; 0: no limit
  bool loading = false;
  bool cluster_enabled = false;
  bool aof_enabled = false;
  Address at;                          ///< in a cluster: of this node
  std::vector<Address> cluster_nodes;  ///< in a cluster: of all
  bool waits_for_replicas = false;     ///< min-replicas-to-write is set
  /// Scripts may read what INFO tells. Not part of INFO: whoever asks by kInfoInScripts knows it.
  bool info_in_scripts = true;
};

/// A script that tells whether scripts may read who the server is: 1, or 0. Some services refuse that.
extern const std::string_view kInfoInScripts;

/// That several hosts are named, and this is no cluster: each might get a part of the nodes.
std::optional<Error> explain_several_hosts(const ServerFacts& facts, const Endpoint& endpoint);

/// What a Sentinel is, and what to use in its place.
Error explain_sentinel(const ServerFacts& facts, const Endpoint& endpoint);

/// Reads the answer of INFO (all sections or the default ones).
ServerFacts parse_info(std::string_view info);

/// Whether the server can be trusted with a group's stream.
struct ServerVerdict {
  std::optional<Error> refusal;       ///< it cannot: one line, what is wrong and what to do
  std::vector<std::string> warnings;  ///< it can, but data is at risk
  std::vector<std::string> notes;     ///< good to know
};

/// Pure: decides from the facts alone. `stream_is_trimmed`: --stream-maxlen is set.
ServerVerdict check_server(const ServerFacts& facts, const Endpoint& endpoint, bool stream_is_trimmed);

}  // namespace tributary::redis
