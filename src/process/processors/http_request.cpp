#include "process/processors/http_request.hpp"

#include <algorithm>
#include <new>

#include "process/answer.hpp"
#include "tributary/version.hpp"

namespace tributary::process {
namespace {

constexpr std::size_t kLongestHeaderValue = 4096;
constexpr std::size_t kKeptBody = 1u << 20;
constexpr std::chrono::milliseconds kLongestConnect{10'000};
constexpr int kLongestPollMs = 1000;

}  // namespace

HttpRequest::HttpRequest(const std::string& url, const char* content_type, std::chrono::milliseconds timeout)
    : timeout_(timeout),
      content_type_(std::string("Content-Type: ") + content_type),
      multi_(curl_multi_init()),
      easy_(curl_easy_init()) {
  if (!multi_ || !easy_) throw std::bad_alloc();
  const auto set = [this](CURLoption option, auto value) { curl_easy_setopt(easy_.get(), option, value); };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_POST, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_USERAGENT, "tributary/" TRIBUTARY_VERSION);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(timeout, kLongestConnect).count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_WRITEFUNCTION, &HttpRequest::take);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

std::size_t HttpRequest::take(char* data, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<HttpRequest*>(self);
  const auto bytes = size * count;
  if (request.body_.size() + bytes > kLongestAnswer) {
    request.too_long_ = true;
    return 0;
  }
  request.body_.append(data, bytes);
  return bytes;
}

void HttpRequest::add_header(const std::string& line) {
  auto* const longer = curl_slist_append(headers_.get(), line.c_str());
  if (!longer) throw std::bad_alloc();
  headers_.release();
  headers_.reset(longer);
}

std::optional<std::string> HttpRequest::post(std::string_view body, std::initializer_list<Header> headers) {
  headers_.reset();
  add_header(content_type_);
  add_header("Expect:");  // a round trip for nothing
  for (const auto& header : headers) {
    if (header.value.empty()) continue;
    line_.assign(header.name).append(": ");
    append_header_value(line_, header.value);
    if (line_.size() <= kLongestHeaderValue) add_header(line_);
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy_.get(), CURLOPT_POSTFIELDS, body.data());
  if (body_.capacity() > kKeptBody) body_ = {};
  body_.clear();
  too_long_ = false;
  error_[0] = '\0';
  status_ = 0;
  const auto code = perform();
  if (interrupted_) return "interrupted";
  if (too_long_) return "its answer is larger than 64 MiB";
  if (code != CURLE_OK) return what_failed(code);
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status_);
  return std::nullopt;
}

// libcurl's words, but without times that differ whenever the same happens: it would look like something new.
std::string HttpRequest::what_failed(CURLcode code) {
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t connected = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connected);
    return connected == 0 ? "timed out without a connection"
                          : "timed out: no whole answer within " + std::to_string(timeout_.count()) + " ms";
  }
  std::string text = error_[0] ? error_ : curl_easy_strerror(code);
  const auto after = text.find(" after "), end = text.find(" ms:", after);
  if (after != std::string::npos && end != std::string::npos) text.erase(after, end + 3 - after);
  return text;
}

// As curl_easy_perform(), but can be woken.
CURLcode HttpRequest::perform() {
  auto code = CURLE_FAILED_INIT;
  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return code;
  for (int running = 1; running > 0 && !interrupted_;) {
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) break;
    if (running > 0 && curl_multi_poll(multi_.get(), nullptr, 0, kLongestPollMs, nullptr) != CURLM_OK) break;
  }
  int left = 0;
  while (const auto* const message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_.get(), easy_.get());
  return code;
}

std::chrono::seconds HttpRequest::retry_after() {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RETRY_AFTER, &seconds);
  return std::chrono::seconds(seconds);
}

std::string HttpRequest::location() {
  const char* location = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &location);
  return location ? location : "";
}

void HttpRequest::wait(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (!interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return;
    if (curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(left.count()), nullptr) != CURLM_OK)
      return;
  }
}

void HttpRequest::interrupt() {
  interrupted_ = true;
  curl_multi_wakeup(multi_.get());
}

void append_header_value(std::string& line, std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto c = static_cast<unsigned char>(value[i]);
    const bool at_end = i == 0 || i + 1 == value.size();
    if (c > ' ' && c < 0x7f && c != '%') {
      line += value[i];
    } else if (c == ' ' && !at_end) {
      line += ' ';
    } else {
      line += '%';
      line += kHex[c >> 4];
      line += kHex[c & 15];
    }
  }
}

}  // namespace tributary::process
