#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tributary::test {

/// An HTTP service on a free port of 127.0.0.1, a thread for each connection, as slow and as rude as the test tells it.
class HttpService {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    int number = 0;      ///< of requests, from 1
    int connection = 0;  ///< number of its connection, from 1
  };
  struct Response {
    std::string bytes;  ///< as they are sent, with status line and headers
    int delay_ms = 0;   ///< before; less if the service ends
    enum class Then { keep, close, hang } then = Then::keep;
  };
  /// Called by any thread, one at a time.
  using Handler = std::function<Response(const Request&)>;

  /// `port` 0: a free one.
  explicit HttpService(Handler handler, int port = 0);
  ~HttpService();
  HttpService(const HttpService&) = delete;
  HttpService& operator=(const HttpService&) = delete;

  int port() const;
  /// "http://127.0.0.1:<port><path>"
  std::string url(const std::string& path = "/") const;
  int requests() const;
  int connections() const;

  /// A whole response; `headers` are lines, each with its end (\r\n).
  static Response answer(int status, const std::string& body = "", const std::string& headers = "");

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tributary::test
