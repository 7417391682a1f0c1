#pragma once

#include <string>
#include <string_view>

#include "redis/endpoint.hpp"
#include "redis/server_error.hpp"

// What is at an address where no Redis answers.
namespace tributary::redis {

/// Whether these may be the first bytes of an answer of Redis.
bool may_be_redis(std::string_view first_bytes);

/// What it is by its first bytes, and what to use instead. Waiting does not help.
Failure explain_stranger(const Endpoint& endpoint, std::string_view first_bytes);

/// It ended the connection when it was spoken to, without a word. `speaks_tls`: it answered tls_greeting().
Failure explain_silence(const Endpoint& endpoint, bool speaks_tls);

/// The start of a TLS connection, such as only servers that expect TLS answer; with an alert, because it is a poor one.
std::string_view tls_greeting();
bool speaks_tls(std::string_view first_bytes);

}  // namespace tributary::redis
