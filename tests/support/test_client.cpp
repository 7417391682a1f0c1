#include "support/test_client.hpp"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>

#include <utility>

namespace tributary::test {
namespace {

constexpr timeval kLongestWait{10, 0};

redis::Reply error_reply(const std::string& text) {
  redis::Reply reply;
  reply.type = redis::Reply::Type::error;
  reply.text = text;
  return reply;
}

redis::Reply converted(const redisReply& from) {
  using Type = redis::Reply::Type;
  redis::Reply reply;
  switch (from.type) {
    case REDIS_REPLY_STRING:
      reply.type = Type::string;
      break;
    case REDIS_REPLY_STATUS:
      reply.type = Type::status;
      break;
    case REDIS_REPLY_ERROR:
      reply.type = Type::error;
      break;
    case REDIS_REPLY_INTEGER:
      reply.type = Type::integer;
      break;
    case REDIS_REPLY_ARRAY:
      reply.type = Type::array;
      break;
    default:
      return reply;
  }
  reply.integer = from.integer;
  if (from.str) reply.text.assign(from.str, from.len);
  for (std::size_t i = 0; i < from.elements; ++i) reply.elements.push_back(converted(*from.element[i]));
  return reply;
}

}  // namespace

TestClient::TestClient(std::string socket_path, std::string password)
    : socket_path_(std::move(socket_path)), password_(std::move(password)) {
  ::signal(SIGPIPE, SIG_IGN);  // hiredis writes to connections that the server may have closed
}
TestClient::~TestClient() = default;
TestClient::TestClient(TestClient&&) noexcept = default;
TestClient& TestClient::operator=(TestClient&&) noexcept = default;

void TestClient::Close::operator()(redisContext* context) const { redisFree(context); }

redis::Reply TestClient::command(const Command& arguments) {
  std::string error;
  if (!connect(error)) return error_reply(error);
  return send(arguments) ? read() : lost("cannot send");
}

std::vector<redis::Reply> TestClient::pipeline(const std::vector<Command>& commands) {
  std::string error;
  if (!connect(error)) return std::vector<redis::Reply>(commands.size(), error_reply(error));
  for (const auto& arguments : commands) send(arguments);
  std::vector<redis::Reply> replies;
  replies.reserve(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    replies.push_back(context_ ? read() : error_reply("CONNECTION lost"));
  }
  return replies;
}

std::optional<redis::Reply> TestClient::receive(std::chrono::milliseconds bound) {
  if (!context_) return std::nullopt;
  void* waiting = nullptr;  // an answer that has been read from the socket already
  if (redisGetReplyFromReader(context_.get(), &waiting) != REDIS_OK) return lost(context_->errstr);
  if (waiting) {
    const std::unique_ptr<void, void (*)(void*)> owner(waiting, freeReplyObject);
    return converted(*static_cast<redisReply*>(waiting));
  }
  pollfd readable{context_->fd, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(bound.count())) <= 0) return std::nullopt;
  return read();
}

std::int64_t TestClient::integer(const Command& arguments) {
  const auto reply = command(arguments);
  return reply.type == redis::Reply::Type::integer ? reply.integer : -1;
}

std::string TestClient::text(const Command& arguments) {
  const auto reply = command(arguments);
  const bool is_text = reply.type == redis::Reply::Type::string || reply.type == redis::Reply::Type::status;
  return is_text ? reply.text : "";
}

bool TestClient::connect(std::string& error) {
  if (context_) return true;
  context_.reset(redisConnectUnixWithTimeout(socket_path_.c_str(), kLongestWait));
  if (!context_ || context_->err) {
    error = lost(context_ ? context_->errstr : "no memory").text;
    return false;
  }
  redisSetTimeout(context_.get(), kLongestWait);
  if (password_.empty()) return true;
  if (send({"AUTH", password_})) {
    const auto reply = read();
    if (!reply.is_error()) return true;
    error = reply.text;
  }
  context_.reset();
  return false;
}

bool TestClient::send(const Command& arguments) {
  std::vector<const char*> values;
  std::vector<std::size_t> lengths;
  for (const auto& argument : arguments) {
    values.push_back(argument.data());
    lengths.push_back(argument.size());
  }
  return redisAppendCommandArgv(context_.get(), static_cast<int>(values.size()), values.data(),
                                lengths.data()) == REDIS_OK;
}

redis::Reply TestClient::read() {
  void* answer = nullptr;
  if (redisGetReply(context_.get(), &answer) != REDIS_OK || !answer) return lost(context_->errstr);
  const std::unique_ptr<void, void (*)(void*)> owner(answer, freeReplyObject);
  return converted(*static_cast<redisReply*>(answer));
}

redis::Reply TestClient::lost(const std::string& reason) {
  const auto reply =
      error_reply("CONNECTION " + reason);  // before `reason`, which may be the context's own, goes
  context_.reset();
  return reply;
}

}  // namespace tributary::test
