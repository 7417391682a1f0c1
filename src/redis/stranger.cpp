#include "redis/stranger.hpp"

#include <algorithm>
#include <cctype>

#include "core/base/safe_text.hpp"

namespace tributary::redis {
namespace {

bool is_web_server(std::string_view bytes) {
  std::string start(bytes.substr(0, 16));
  std::ranges::transform(start, start.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return start.starts_with("http/") || start.starts_with("<!doctype") || start.starts_with("<html");
}

Failure hopeless(const Endpoint& endpoint, const std::string& what) {
  Failure failure(Error{ErrorKind::unavailable, "what answers at " + endpoint.display() + " " + what});
  failure.hopeless = true;
  return failure;
}

constexpr char kExpectsTls[] = "expects TLS; use rediss:// in place of redis://, or --redis-tls";

}  // namespace

bool may_be_redis(std::string_view first_bytes) {
  return !first_bytes.empty() &&
         std::string_view("+-:$*").find(first_bytes.front()) != std::string_view::npos;
}

Failure explain_stranger(const Endpoint& endpoint, std::string_view first_bytes) {
  if (speaks_tls(first_bytes)) return hopeless(endpoint, kExpectsTls);
  if (is_web_server(first_bytes))
    return hopeless(endpoint, "is a web server, not Redis; use the host and port of a Redis server");
  return hopeless(endpoint, "is not Redis, it says " +
                                quoted_start(first_bytes.substr(0, first_bytes.find_first_of("\r\n"))) +
                                "; use the host and port of a Redis server");
}

Failure explain_silence(const Endpoint& endpoint, bool speaks_tls) {
  if (speaks_tls) return hopeless(endpoint, kExpectsTls);
  return Error{ErrorKind::unavailable,
               "what is at " + endpoint.display() +
                   " ends the connection without an answer; is it Redis, or a proxy with no Redis "
                   "behind it?"};
}

// A handshake record with a client hello of no bytes.
std::string_view tls_greeting() {
  static constexpr char kBytes[] = "\x16\x03\x01\x00\x04\x01\x00\x00\x00";
  return {kBytes, sizeof kBytes - 1};
}

bool speaks_tls(std::string_view first_bytes) {
  return first_bytes.size() >= 2 && (first_bytes[0] == '\x15' || first_bytes[0] == '\x16') &&
         first_bytes[1] == '\x03';
}

}  // namespace tributary::redis
