#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tributary::process {

/// The one connection of a consumer to its service, and what went over it last. One thread, but for interrupt().
class HttpRequest {
 public:
  HttpRequest(const std::string& url, const char* content_type, std::chrono::milliseconds timeout);

  struct Header {
    const char* name;
    std::string_view value;  ///< any bytes; none: the header is left out
  };

  /// Why there is no answer; nothing: there is one.
  std::optional<std::string> post(std::string_view body, std::initializer_list<Header> headers);
  /// Of the last answer.
  long status() const { return status_; }
  const std::string& body() const { return body_; }
  /// How long the service asked to be left alone with the last answer. 0: not at all.
  std::chrono::seconds retry_after();
  std::string location();

  /// Waits as long, or until interrupted.
  void wait(std::chrono::milliseconds duration);
  /// Ends what post() or wait() are at, for good: later calls end at once. Any thread.
  void interrupt();

 private:
  template <auto close>
  struct Closer {
    template <class T>
    void operator()(T* handle) const {
      close(handle);
    }
  };
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* self);
  void add_header(const std::string& line);
  CURLcode perform();
  std::string what_failed(CURLcode code);

  const std::chrono::milliseconds timeout_;
  const std::string content_type_;
  std::unique_ptr<CURLM, Closer<curl_multi_cleanup>> multi_;  // outlives what is in it
  std::unique_ptr<CURL, Closer<curl_easy_cleanup>> easy_;
  std::unique_ptr<curl_slist, Closer<curl_slist_free_all>> headers_;
  char error_[CURL_ERROR_SIZE] = "";
  long status_ = 0;
  std::string body_;
  bool too_long_ = false;
  std::string line_;
  std::atomic<bool> interrupted_{false};
};

/// As it may stand in a header: everything but printable ASCII, spaces at the ends, and %, percent-encoded.
void append_header_value(std::string& line, std::string_view value);

}  // namespace tributary::process
