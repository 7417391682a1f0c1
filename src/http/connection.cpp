#include "http/connection.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <cctype>
#include <cstring>
#include <utility>

#include "http/target.hpp"

namespace tributary::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;
using Message = beast::http::response<beast::http::string_body>;

constexpr std::chrono::seconds kLastWords{1};
constexpr std::size_t kMostDiscarded = 4 << 20;  // of what is still being sent when it was refused

std::string peer_of(const Connection::Socket& socket) {
  ErrorCode error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return "somebody who has gone";
  const int family = remote.protocol().family();
  if (family != AF_INET && family != AF_INET6) return "a Unix socket";
  asio::ip::tcp::endpoint endpoint;
  endpoint.resize(remote.size());
  std::memcpy(endpoint.data(), remote.data(), remote.size());
  return endpoint.address().to_string();
}

// What no answer of ours is to be used for: guessed types, frames and requests of other sites, caches.
void protect(Message& message) {
  const std::pair<std::string_view, std::string_view> headers[] = {
      {"cache-control", "no-store"},
      {kSecurityPolicy, "default-src 'none'; frame-ancestors 'none'"},
      {"cross-origin-opener-policy", "same-origin"},
      {"cross-origin-resource-policy", "same-origin"},
      {"referrer-policy", "no-referrer"},
      {"x-content-type-options", "nosniff"},
      {"x-frame-options", "DENY"}};
  for (const auto& [name, value] : headers) {
    if (message.find(name) == message.end()) message.set(name, value);
  }
}

Message message_of(const Response& response) {
  Message message{beast::http::int_to_status(response.status), 11};
  message.set(beast::http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) message.set(name, value);
  protect(message);
  return message;
}

std::string event_text(std::string_view data) {
  std::string text = "data: ";
  for (const char c : data) {
    text += c;
    if (c == '\n') text += "data: ";
  }
  return text + "\n\n";
}

}  // namespace

Connection::Connection(Socket socket, const Limits& limits, const Handler& handler, Owner& owner)
    : limits_(limits),
      handler_(handler),
      owner_(owner),
      stream_(std::move(socket)),
      buffer_(limits.header_bytes + limits.body_bytes),
      from_(peer_of(stream_.socket())) {}

void Connection::close() {
  if (std::exchange(stage_, Stage::closed) == Stage::closed) return;
  topic_.clear();
  ErrorCode ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  stream_.close();
  owner_.on_closed(*this);
}

void Connection::read() {
  stage_ = Stage::reading;
  owner_.on_waiting(*this);
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(limits_.body_bytes);
  stream_.expires_after(limits_.patience);
  beast::http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](const ErrorCode& error, std::size_t) { self->on_read(error); });
}

void Connection::on_read(const ErrorCode& error) {
  if (stage_ != Stage::reading) return;
  using Wrong = beast::http::error;
  if (error == Wrong::header_limit) return refuse(431, "the header is too large");
  if (error == Wrong::body_limit) return refuse(413, "the body is too large");
  const bool no_http = error.category() == make_error_code(Wrong::bad_method).category();
  if (no_http && error != Wrong::end_of_stream && error != Wrong::partial_message)
    return refuse(400, "this is no HTTP request");
  if (error) return close();  // gone, or too slow
  stage_ = Stage::answering;
  keeps_alive_ = parser_->get().keep_alive();
  head_ = parser_->get().method() == beast::http::verb::head;
  auto request = take_request();
  if (!request) return refuse(400, "the request's target makes no sense");
  if (request->method != "GET" && request->method != "HEAD" && request->method != "POST") {
    head_ = false;
    return answer(
        {405, "text/plain; charset=utf-8", "only GET, HEAD and POST\n", {{"allow", "GET, HEAD, POST"}}, {}});
  }
  owner_.on_request();
  // The connection may go before the answer comes; and of two answers only one counts.
  handler_(*request, [weak = weak_from_this()](Response response) {
    const auto self = weak.lock();
    if (self && self->stage_ == Stage::answering) self->answer(std::move(response));
  });
}

std::optional<Request> Connection::take_request() {
  auto message = parser_->release();
  const auto target = message.target();
  auto parts = parse_target({target.data(), target.size()});
  if (!parts) return std::nullopt;
  Request request;
  request.method = std::string(message.method_string());
  request.path = std::move(parts->path);
  request.query = std::move(parts->query);
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[name] = std::string(field.value());
  }
  request.body = std::move(message.body());
  request.from = from_;
  return request;
}

void Connection::answer(Response response) {
  if (response.topic.empty() || head_) return write(response, keeps_alive_);
  if (owner_.may_stream()) return begin_stream(response);
  write({503, "text/plain; charset=utf-8", "too many streams of events\n", {{"retry-after", "5"}}, {}},
        false);
}

void Connection::refuse(unsigned status, std::string why) {
  owner_.on_nonsense();
  head_ = false;
  write({status, "text/plain; charset=utf-8", why + "\n", {}, {}}, false);
}

void Connection::write(const Response& response, bool keep) {
  stage_ = Stage::writing;
  auto message = std::make_shared<Message>(message_of(response));
  message->keep_alive(keep);
  message->body() = response.body;
  message->prepare_payload();
  if (head_) message->body().clear();  // the length stays
  stream_.expires_after(limits_.patience);
  beast::http::async_write(stream_, *message,
                           [self = shared_from_this(), message, keep](const ErrorCode& error, std::size_t) {
                             if (self->stage_ != Stage::writing) return;
                             if (error) return self->close();
                             if (!keep) return self->finish();
                             self->read();
                           });
}

// What is closed with something unread in it, the system resets, and the answer may never be seen.
void Connection::finish() {
  ErrorCode ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream_.expires_after(kLastWords);
  discard(kMostDiscarded);
}

void Connection::discard(std::size_t most) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(std::min(most, buffer_.max_size())),
                          [self = shared_from_this(), most](const ErrorCode& error, std::size_t size) {
                            if (self->stage_ != Stage::writing) return;
                            if (error || size >= most) return self->close();
                            self->discard(most - size);
                          });
}

// It ends with the connection, so it needs no length.
void Connection::begin_stream(const Response& response) {
  stage_ = Stage::streaming;
  topic_ = response.topic;
  auto message = message_of(response);
  message.set(beast::http::field::content_type, "text/event-stream");
  message.keep_alive(false);
  std::ostringstream header;
  header << message.base();
  stream_.expires_never();
  watch_for_end();
  waiting_ = header.str() + "retry: 2000\n\n" + (response.body.empty() ? "" : event_text(response.body));
  write_events();
}

// Who listens says nothing more; so whatever comes is the end.
void Connection::watch_for_end() {
  stream_.async_read_some(asio::buffer(&unexpected_, 1),
                          [self = shared_from_this()](const ErrorCode&, std::size_t) { self->close(); });
}

void Connection::send_event(std::string_view data) {
  if (stage_ != Stage::streaming) return;
  waiting_ = event_text(data);
  write_events();
}

void Connection::write_events() {
  if (!writing_.empty() || waiting_.empty()) return;
  writing_ = std::exchange(waiting_, {});
  stream_.expires_after(limits_.patience);
  asio::async_write(stream_, asio::buffer(writing_),
                    [self = shared_from_this()](const ErrorCode& error, std::size_t) {
                      if (self->stage_ != Stage::streaming) return;
                      self->writing_.clear();
                      if (error) return self->close();
                      self->write_events();
                    });
}

}  // namespace tributary::http
