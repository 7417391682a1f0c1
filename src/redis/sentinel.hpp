#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/reply.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

namespace tributary::redis {

/// One of the Sentinels of `server`, as a server to connect to.
Endpoint sentinel_endpoint(const Endpoint& server, std::size_t index);

/// Where a Sentinel says that the primary is. Each fail-over has a higher epoch: of several words that differ the one of
/// the highest counts, since a Sentinel that is cut off from the others goes on naming the old primary.
struct PrimaryAddress {
  Address address;
  std::uint64_t epoch = 0;
};

/// What to ask a Sentinel, two commands: the address, which is the new one as soon as a replica is promoted, and the epoch.
std::string primary_questions(const Endpoint& server);
inline constexpr std::size_t kPrimaryAnswers = 2;

/// Reads its answers. `facts`: what INFO told of the Sentinel; `from`: which it is. Errors are hopeless if waiting does not
/// help: it is no Sentinel, or knows no such primary.
Result<PrimaryAddress> read_primary(std::span<const Reply> answers, const ServerFacts& facts,
                                    const Endpoint& server, const Endpoint& from);

/// That what answers at `from` is none, if that is so.
std::optional<Error> explain_no_sentinel(const ServerFacts& facts, const Endpoint& from);

/// Why nobody tells where the primary is, from what kept each of those asked.
Failure explain_unknown_primary(const Endpoint& server, std::span<const Error> troubles);

}  // namespace tributary::redis
