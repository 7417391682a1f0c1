// What strangers send over HTTP: the target and headers of a request, and the body of what is to be done.
#include <algorithm>

#include "cli/api/command_request.hpp"
#include "core/base/safe_text.hpp"
#include "fuzz_target.hpp"
#include "http/address.hpp"
#include "http/guard.hpp"
#include "http/target.hpp"

// Lines: a target, a host, an origin, a type, an authorization; the rest is the body.
namespace tributary::fuzz {

void run(std::string_view input) {
  const auto line = [&] {
    const auto end = std::min(input.find('\n'), input.size());
    const auto text = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return std::string(text);
  };
  http::Request request;
  const auto target = line();
  for (const auto* name : {"host", "origin", "content-type", "authorization"}) request.headers[name] = line();
  const auto parts = http::parse_target(target);
  if (parts) {
    request.path = parts->path;
    request.query = parts->query;
  }
  if (!http::wrong_host(request, true))
    TRIBUTARY_CHECK(request.header("host").find("evil") == std::string_view::npos);
  static_cast<void>(http::from_elsewhere(request));
  static_cast<void>(http::same_token(http::token_of(request), "0123456789abcdef"));
  TRIBUTARY_CHECK(is_utf8(http::error_response(404, request.path).body));
  static_cast<void>(http::parse_address(target));
  const auto command = cli::command_at(request.path);
  if (!command) return;
  cli::Settings node;
  node.http_token = "0123456789abcdef";
  const auto settings = cli::read_command(*command, input, node);
  if (!settings) return;
  TRIBUTARY_CHECK(settings.value().redis.display() == node.redis.display());
  TRIBUTARY_CHECK(settings.value().output_stream == node.output_stream);
  TRIBUTARY_CHECK(settings.value().processor == node.processor);
}

}  // namespace tributary::fuzz
