#include "redis/sync_client.hpp"

#include <hiredis/read.h>

#include <csignal>
#include <utility>

#include "core/base/check.hpp"
#include "redis/command.hpp"
#include "redis/password.hpp"
#include "redis/reply_builder.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"
#include "redis/stranger.hpp"

namespace tributary::redis {
namespace {

void ignore_broken_pipes() {
  static const bool done = (std::signal(SIGPIPE, SIG_IGN), true);
  static_cast<void>(done);
}

// Who waits for nobody needs no more of a Failure.
Error as_error(const Error& failure) { return failure; }

}  // namespace

void SyncClient::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

SyncClient::SyncClient(const Endpoint& endpoint, Timeouts timeouts, BlockingStream stream)
    : endpoint_(endpoint),
      timeouts_(timeouts),
      stream_(std::move(stream)),
      reader_(redisReaderCreateWithFunctions(reply_functions())) {}

Result<SyncClient> SyncClient::connect(const Endpoint& endpoint, Timeouts timeouts) {
  ignore_broken_pipes();
  auto stream = BlockingStream::connect(endpoint, timeouts);
  if (!stream) return stream.error();
  SyncClient client(endpoint, timeouts, std::move(*stream));
  if (auto introduced = client.introduce(); !introduced) return introduced.error();
  return client;
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

// By the first bytes of its first answer.
Status SyncClient::look_who_answers() {
  if (auto sent = flush(); !sent) return sent;
  char bytes[4096];
  auto got = stream_.read(bytes);
  if (!got) return got.error();
  if (*got == 0) return as_error(explain_silence(endpoint_, expects_tls()));
  const std::string_view first(bytes, *got);
  if (!may_be_redis(first)) return as_error(explain_stranger(endpoint_, first));
  redisReaderFeed(reader_.get(), first.data(), first.size());
  return Done{};
}

bool SyncClient::expects_tls() const {
  if (endpoint_.tls.on || !endpoint_.unix_socket.empty()) return false;
  auto other = BlockingStream::connect(endpoint_, {timeouts_.connect, timeouts_.connect});
  char bytes[64];
  if (!other || !other->write(tls_greeting())) return false;
  auto got = other->read(bytes);
  return got && *got > 0 && speaks_tls({bytes, *got});
}

Result<Reply> SyncClient::command(std::initializer_list<std::string_view> arguments) {
  if (broken_) return *broken_;
  TRIBUTARY_CHECK(pending_ == 0);
  append(arguments);
  return next();
}

Result<Reply> SyncClient::command(const std::vector<std::string>& arguments) {
  if (broken_) return *broken_;
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

Status SyncClient::flush() {
  const auto bytes = std::exchange(queued_, {});
  return stream_.write(bytes);
}

Status SyncClient::read_more() {
  char bytes[64 << 10];
  auto got = stream_.read(bytes);
  if (!got) return got.error();
  if (*got == 0) return connection_lost(endpoint_, "the server closed it");
  redisReaderFeed(reader_.get(), bytes, *got);
  return Done{};
}

Result<Reply> SyncClient::next() {
  if (broken_) return *broken_;
  TRIBUTARY_CHECK(pending_ > 0);
  auto answer = next_answer();
  if (!answer) broken_ = answer.error();
  return answer;
}

Result<Reply> SyncClient::next_answer() {
  if (!queued_.empty()) {
    if (auto sent = flush(); !sent) return sent.error();
  }
  while (true) {
    void* object = nullptr;
    if (redisReaderGetReply(reader_.get(), &object) != REDIS_OK)
      return connection_lost(endpoint_, "an answer that makes no sense");
    if (object != nullptr) {
      --pending_;
      return std::move(*take_reply(object));
    }
    if (auto more = read_more(); !more) return more.error();
  }
}

}  // namespace tributary::redis
