#include "redis/sync_client.hpp"

#include <hiredis/hiredis.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "redis/command.hpp"
#include "redis/password.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_error.hpp"

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
  if (context_ == nullptr) return Error{ExitCode::software, "out of memory"};
  if (context_->err != 0) {
    const bool timed_out = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT);
    return unreachable(endpoint_, timed_out ? "no answer within " + seconds(timeouts_.connect)
                                            : std::string(context_->errstr));
  }
  redisReader* reader = redisReaderCreateWithFunctions(reply_functions());
  if (reader == nullptr) return Error{ExitCode::software, "out of memory"};
  redisReaderFree(context_->reader);
  context_->reader = reader;
  redisSetTimeout(context_.get(), to_timeval(timeouts_.answer));
  return Done{};
}

Status SyncClient::introduce() {
  if (!endpoint_.password.empty() || !endpoint_.username.empty()) {
    const auto present = present_password(endpoint_);
    auto answer = endpoint_.username.empty() ? command({"AUTH", present.password})
                                             : command({"AUTH", endpoint_.username, present.password});
    if (!answer) return answer.error();
    if (answer->is_error()) return explain_auth_error(endpoint_, answer->text, present.trouble);
  }
  if (endpoint_.database != 0) {
    if (auto answer = ask({"SELECT", std::to_string(endpoint_.database)}); !answer) return answer.error();
  }
  auto answer = command({"PING"});
  if (!answer) return answer.error();
  // A user without the right to PING, or a server that cannot save, may still do what is asked of it.
  if (answer->is_error() && !answer->is_error("NOPERM") && !answer->is_error("MISCONF")) {
    return explain_server_error(endpoint_, answer->text);
  }
  return Done{};
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
