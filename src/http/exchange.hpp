#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What is asked over HTTP, and answered. Values, no behaviour of their own.
namespace tributary::http {

struct Request {
  std::string method;                          ///< GET, HEAD or POST; others are refused before
  std::string path;                            ///< decoded, without the query: "/api/group"
  std::map<std::string, std::string> query;    ///< decoded
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string from;  ///< who asks, for logs: an address, or "a Unix socket"

  /// Empty if it is not there.
  std::string_view header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
  std::string_view parameter(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< besides those that each has
  /// If not empty, it stays open and goes on with what Server::publish() says on this topic, as server-sent events.
  std::string topic;
};

/// Answers one request: once, at once or later, on the loop's thread. Does nothing if who asked has gone.
using Answer = std::function<void(Response)>;
using Handler = std::function<void(const Request&, Answer)>;

/// Media type of JSON.
inline constexpr char kJson[] = "application/json";
/// What a page may do that is no page: nothing. A page says its own.
inline constexpr char kSecurityPolicy[] = "content-security-policy";

}  // namespace tributary::http
