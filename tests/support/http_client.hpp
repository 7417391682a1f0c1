#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace tributary::test {

/// A connection to an HTTP server that says what the test wants it to, however wrong. "127.0.0.1:9464" or "unix:/path".
/// Blocking; nothing waits longer than the bound.
class HttpConnection {
 public:
  explicit HttpConnection(const std::string& address);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  bool connected() const { return socket_ >= 0; }
  /// False if it cannot be sent any more.
  bool send(const std::string& bytes);
  /// All that comes until the text is in it, the server closes, or the bound has passed.
  std::string read_until(const std::string& text, std::chrono::milliseconds bound = std::chrono::seconds(30));
  /// Whether the server has closed, or does within the bound; what comes before is thrown away.
  bool closed(std::chrono::milliseconds bound = std::chrono::seconds(30));

 private:
  int socket_ = -1;
  std::string read_;
};

struct HttpAnswer {
  int status = 0;                              ///< 0: there was none
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

using HttpHeaders = std::vector<std::string>;  ///< "name: value"

/// One request on a connection of its own.
HttpAnswer http(const std::string& address, const std::string& method, const std::string& target,
                const HttpHeaders& headers = {}, const std::string& body = {});
inline HttpAnswer http_get(const std::string& address, const std::string& target,
                           const HttpHeaders& headers = {}) {
  return http(address, "GET", target, headers);
}

/// The value of a sample such as `tributary_up{group="g"}` in what /metrics says; NaN if there is none.
double sample(const std::string& metrics, const std::string& name);

}  // namespace tributary::test
