#include "process/processors/http.hpp"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/safe_text.hpp"
#include "process/answer.hpp"
#include "process/processors/http_request.hpp"

namespace tributary::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kUsualTimeout{30'000};
constexpr milliseconds kLongestRetryAfter{30'000};

struct HttpSettings {
  std::string url;
  std::string shown;  // without user and password
  bool json = true;
  milliseconds timeout{0};
};

class Http final : public Processor {
 public:
  explicit Http(const HttpSettings& settings)
      : shown_(settings.shown),
        longest_retry_after_(std::min(kLongestRetryAfter, settings.timeout / 2)),
        request_(settings.url, settings.json ? "application/json" : "application/octet-stream",
                 settings.timeout) {}

  Outcome process(const Message& message, FieldSink& fields, std::string& reason) override {
    request_.wait(std::chrono::ceil<milliseconds>(not_before_ - steady_clock::now()));
    const auto outcome = ask(message, fields, reason);
    if (!reason.empty() && outcome != Outcome::append && !by_service_) reason = shown_ + ": " + reason;
    return outcome;
  }

  bool may_block() const override { return true; }
  void interrupt() override { request_.interrupt(); }

 private:
  Outcome ask(const Message& message, FieldSink& fields, std::string& reason) {
    by_service_ = false;
    char attempt[16];
    const int digits = std::snprintf(attempt, sizeof attempt, "%u", message.attempt);
    auto failure =
        request_.post(message.payload, {{"Idempotency-Key", message.position},
                                        {"Tributary-Message-Id", message.id},
                                        {"Tributary-Channel", message.channel},
                                        {"Tributary-Attempt", {attempt, static_cast<std::size_t>(digits)}}});
    if (failure) {
      reason = std::move(*failure);
      return Outcome::fail;
    }
    const auto status = request_.status();
    if (status >= 200 && status < 300) return read(fields, reason);
    reason = "it answered " + std::to_string(status);
    if (const auto location = request_.location(); !location.empty()) {
      reason += ", a redirect to " + location + "; none are followed";
    } else if (!request_.body().empty()) {
      reason += ": " + quoted_start(request_.body());
    }
    const bool temporary = status < 400 || status >= 500 || status == 408 || status == 425 || status == 429;
    if (!temporary) return Outcome::dead;
    const auto longest = std::chrono::ceil<std::chrono::seconds>(longest_retry_after_);
    if (const auto pause = request_.retry_after(); pause.count() > 0) {
      not_before_ =
          steady_clock::now() + std::min<milliseconds>(std::min(pause, longest), longest_retry_after_);
    }
    return Outcome::fail;
  }

  Outcome read(FieldSink& fields, std::string& reason) {
    if (request_.status() == 204 || request_.body().empty()) return Outcome::append;
    auto outcome = Outcome::append;
    by_service_ = true;  // the reason is its own
    if (answers_.read(request_.body(), outcome, fields, reason)) return outcome;
    by_service_ = false;
    return Outcome::fail;
  }

  const std::string shown_;
  const milliseconds longest_retry_after_;
  HttpRequest request_;
  AnswerReader answers_;
  bool by_service_ = false;
  steady_clock::time_point not_before_{};  // a service that asked for a pause gets it
};

struct Url {
  Url() : handle(curl_url()) {}
  ~Url() { curl_url_cleanup(handle); }
  Url(const Url&) = delete;
  Url& operator=(const Url&) = delete;

  CURLU* handle;
};

}  // namespace

Result<ProcessorFactory> make_http(const std::string& url, const ProcessorContext& context) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  Url parsed;
  if (const auto code = curl_url_set(parsed.handle, CURLUPART_URL, url.c_str(), 0); code != CURLUE_OK) {
    return Error{ErrorKind::usage,
                 "processor \"" + shown_processor(url) + "\": it is no URL: " + curl_url_strerror(code)};
  }
  HttpSettings settings{url, shown_processor(url), context.json, context.timeout};
  if (settings.timeout.count() == 0) settings.timeout = kUsualTimeout;
  return ProcessorFactory([settings] { return std::make_unique<Http>(settings); });
}

}  // namespace tributary::process
