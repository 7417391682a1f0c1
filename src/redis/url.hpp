#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"

namespace tributary::redis {

/// What a URL says. Parts it does not mention have their defaults in `endpoint` and their flag unset.
struct Url {
  Endpoint endpoint;
  bool has_username = false;
  bool has_password = false;
  bool has_database = false;
};

/// Understands
///   redis://[user[:password]@]host[:port][/database]
///                  several hosts by comma: nodes of one cluster, of which any may be asked
///   rediss://...   the same with TLS
///   redis+sentinel://[user[:password]@]host[:port],host[:port].../primary[/database]   and rediss+sentinel://:
///                  the addresses of Sentinels and their name of the primary; user and password are the primary's
///   unix://[user[:password]@]/path/of.socket[?db=database]
/// with %XX in user and password, and [..] around an IPv6 address. Errors go on from
/// the name of what held the URL ("REDIS_URL is not ..."), and never repeat it: it may hold a password.
Result<Url> parse_url(std::string_view url);

}  // namespace tributary::redis
