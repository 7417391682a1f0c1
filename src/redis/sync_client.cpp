#include "redis/sync_client.hpp"

#include <hiredis/hiredis.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "redis/command.hpp"
#include "redis/password.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"
#include "redis/stranger.hpp"

namespace tributary::redis {
namespace {

timeval to_timeval(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

void ignore_broken_pipes() {
  static const bool done = (std::signal(SIGPIPE, SIG_IGN), true);
  static_cast<void>(done);
}

std::string seconds(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

// Who waits for nobody needs no more of a Failure.
Error as_error(const Error& failure) { return failure; }

}  // namespace

void SyncClient::Free::operator()(redisContext* context) const { redisFree(context); }

Result<SyncClient> SyncClient::connect(const Endpoint& endpoint, Timeouts timeouts) {
  ignore_broken_pipes();
  SyncClient client(endpoint, timeouts);
  if (auto opened = client.open(); !opened) return opened.error();
  if (auto introduced = client.introduce(); !introduced) return introduced.error();
  return client;
}

Status SyncClient::open() {
  const timeval limit = to_timeval(timeouts_.connect);
  errno = 0;
  context_.reset(endpoint_.unix_socket.empty()
                     ? redisConnectWithTimeout(endpoint_.host.c_str(), endpoint_.port, limit)
                     : redisConnectUnixWithTimeout(endpoint_.unix_socket.c_str(), limit));
  if (context_ == nullptr) return Error{ErrorKind::software, "out of memory"};
  if (context_->err != 0) {
    const bool timed_out = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
    return unreachable(endpoint_, timed_out ? "no answer within " + seconds(timeouts_.connect)
                                            : std::string(context_->errstr));
  }
  redisReader* reader = redisReaderCreateWithFunctions(reply_functions());
  if (reader == nullptr) return Error{ErrorKind::software, "out of memory"};
  redisReaderFree(context_->reader);
  context_->reader = reader;
  redisSetTimeout(context_.get(), to_timeval(timeouts_.answer));
  return Done{};
}

Status SyncClient::introduce() {
  const bool authenticates = !endpoint_.password.empty() || !endpoint_.username.empty();
  const auto present = present_password(endpoint_);
  if (authenticates && endpoint_.username.empty()) append({"AUTH", present.password});
  if (authenticates && !endpoint_.username.empty()) append({"AUTH", endpoint_.username, present.password});
  append({"INFO"});
  if (endpoint_.database != 0) append({"SELECT", std::to_string(endpoint_.database)});
  if (auto known = look_who_answers(); !known) return known;

  if (authenticates) {
    const auto answer = next();
    if (!answer) return answer.error();
    if (answer.value().is_error()) return explain_auth_error(endpoint_, answer.value().text, present.trouble);
  }
  const auto info = next();
  if (!info) return info.error();
  // A user without the right to INFO may still do what is asked of it.
  if (info.value().is_error() && !info.value().is_error("NOPERM"))
    return explain_server_error(endpoint_, info.value().text);
  const auto facts = parse_info(info.value().text);
  if (facts.sentinel) return explain_sentinel(facts, endpoint_);
  if (facts.loading) return explain_server_error(endpoint_, "LOADING");
  if (endpoint_.database != 0) {
    const auto answer = next();
    if (!answer) return answer.error();
    if (answer.value().is_error()) return explain_server_error(endpoint_, answer.value().text);
  }
  return Done{};
}

// By the first bytes of its first answer; they stay where they are.
Status SyncClient::look_who_answers() {
  if (auto sent = flush(); !sent) return sent;
  char bytes[64];
  const auto got = ::recv(context_->fd, bytes, sizeof bytes, MSG_PEEK);
  const bool silent = got == 0 || (got < 0 && errno == ECONNRESET);
  if (silent && endpoint_.unix_socket.empty()) return as_error(explain_silence(endpoint_, expects_tls()));
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return connection_lost(endpoint_, "no answer within " + seconds(timeouts_.answer));
  if (got <= 0) return Done{};  // what is wrong the first answer will say
  const std::string_view first(bytes, static_cast<std::size_t>(got));
  if (!may_be_redis(first)) return as_error(explain_stranger(endpoint_, first));
  return Done{};
}

bool SyncClient::expects_tls() const {
  const std::unique_ptr<redisContext, Free> other(
      redisConnectWithTimeout(endpoint_.host.c_str(), endpoint_.port, to_timeval(timeouts_.connect)));
  if (other == nullptr || other->err != 0) return false;
  redisSetTimeout(other.get(), to_timeval(timeouts_.connect));
  const auto greeting = tls_greeting();
  char bytes[64];
  if (::send(other->fd, greeting.data(), greeting.size(), MSG_NOSIGNAL) < 0) return false;
  const auto got = ::recv(other->fd, bytes, sizeof bytes, 0);
  return got > 0 && speaks_tls({bytes, static_cast<std::size_t>(got)});
}

Result<Reply> SyncClient::command(std::initializer_list<std::string_view> arguments) {
  TRIBUTARY_CHECK(pending_ == 0);
  append(arguments);
  return next();
}

Result<Reply> SyncClient::command(const std::vector<std::string>& arguments) {
  TRIBUTARY_CHECK(pending_ == 0);
  append_command_header(queued_, arguments.size());
  for (const auto& argument : arguments) append_argument(queued_, argument);
  ++pending_;
  return next();
}

Result<Reply> SyncClient::ask(std::initializer_list<std::string_view> arguments) {
  auto answer = command(arguments);
  if (answer && answer->is_error()) return explain_server_error(endpoint_, answer->text);
  return answer;
}

void SyncClient::append(std::initializer_list<std::string_view> arguments) {
  append_command(queued_, arguments);
  ++pending_;
}

void SyncClient::append_formatted(std::string_view commands, std::size_t count) {
  queued_.append(commands);
  pending_ += count;
}

void SyncClient::queue_to_hiredis() {
  if (queued_.empty()) return;
  redisAppendFormattedCommand(context_.get(), queued_.data(), queued_.size());
  queued_.clear();
}

Status SyncClient::flush() {
  queue_to_hiredis();
  int done = 0;
  while (done == 0) {
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return broken();
  }
  return Done{};
}

Result<Reply> SyncClient::next() {
  TRIBUTARY_CHECK(pending_ > 0);
  queue_to_hiredis();
  void* object = nullptr;
  if (redisGetReply(context_.get(), &object) != REDIS_OK || object == nullptr) return broken();
  --pending_;
  return std::move(*take_reply(object));
}

Error SyncClient::broken() const {
  if (context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return connection_lost(endpoint_, "no answer within " + seconds(timeouts_.answer));
  }
  if (context_->err == REDIS_ERR_EOF) return connection_lost(endpoint_, "the server closed it");
  return connection_lost(endpoint_, context_->errstr);
}

}  // namespace tributary::redis
