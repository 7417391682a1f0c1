#include "redis/sync_client.hpp"

#include <hiredis/read.h>

#include <csignal>
#include <utility>

#include "core/base/check.hpp"
#include "redis/cluster.hpp"
#include "redis/command.hpp"
#include "redis/password.hpp"
#include "redis/reply_builder.hpp"
#include "redis/sentinel.hpp"
#include "redis/server_error.hpp"
#include "redis/stranger.hpp"

namespace tributary::redis {
namespace {

constexpr std::chrono::milliseconds kSentinelPatience{2000};
constexpr int kMostRedirections = 5;

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
  if (!endpoint.has_sentinels()) return connect_to_holder(endpoint, timeouts);
  auto primary = find_primary(endpoint, timeouts);
  if (!primary) return primary.error();
  return connect_there(*primary, timeouts);
}

// Of a cluster to the node that has the key. Who cannot be reached is passed over, if others are named.
Result<SyncClient> SyncClient::connect_to_holder(const Endpoint& endpoint, Timeouts timeouts) {
  auto hosts = endpoint.others;
  auto client = connect_there(endpoint, timeouts);
  for (const auto& other : hosts) {
    if (client || client.error().kind != ErrorKind::unavailable) break;
    client = connect_there(at_address(endpoint, other), timeouts);
  }
  for (int i = 0; i < kMostRedirections; ++i) {
    if (!client || !client->in_cluster() || endpoint.key.empty()) return client;
    const auto holder = client->holder_of(endpoint.key);
    if (!holder) return holder.error();
    if (holder.value().here) return client;
    client = connect_there(at_address(endpoint, holder.value().address), timeouts);
  }
  return Error{ErrorKind::temporary, "the nodes of the cluster of Redis at " + endpoint.display() +
                                         " do not agree yet which has the group; try again"};
}

Result<KeyHolder> SyncClient::holder_of(std::string_view key) {
  std::string questions;
  append_cluster_questions(questions);
  append_formatted(questions, kClusterAnswers);
  const auto answers = all_answers();
  if (!answers) return answers.error();
  return read_key_holder(answers.value(), endpoint_, key);
}

// All are asked, one after the other.
Result<Endpoint> SyncClient::find_primary(const Endpoint& server, Timeouts timeouts) {
  const auto patience = std::min(timeouts.connect, kSentinelPatience);
  std::optional<PrimaryAddress> primary;
  std::vector<Error> troubles;
  for (std::size_t i = 0; i < server.sentinels.addresses.size(); ++i) {
    const auto at = sentinel_endpoint(server, i);
    auto sentinel = connect_there(at, {patience, patience});
    if (!sentinel) {
      troubles.push_back(sentinel.error());
      continue;
    }
    sentinel->append_formatted(primary_questions(server), kPrimaryAnswers);
    const auto answers = sentinel->all_answers();
    const auto told = answers ? read_primary(answers.value(), sentinel->facts_, server, at)
                              : Result<PrimaryAddress>(answers.error());
    if (!told) {
      troubles.push_back(told.error());
    } else if (!primary || told.value().epoch > primary->epoch) {
      primary = told.value();
    }
  }
  if (primary) return at_address(server, primary->address);
  return as_error(explain_unknown_primary(server, troubles));
}

Result<SyncClient> SyncClient::connect_there(const Endpoint& endpoint, Timeouts timeouts) {
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
  facts_ = parse_info(info.value().text);
  if (auto fine = look_at(facts_); !fine) return fine;
  if (endpoint_.database != 0) {
    const auto answer = next();
    if (!answer) return answer.error();
    if (answer.value().is_error()) return explain_server_error(endpoint_, answer.value().text);
  }
  return Done{};
}

Status SyncClient::look_at(const ServerFacts& facts) const {
  if (endpoint_.is_sentinel) {
    auto none = explain_no_sentinel(facts, endpoint_);
    return none ? Status(*none) : Status(Done{});
  }
  if (facts.sentinel) return explain_sentinel(facts, endpoint_);
  if (auto several = explain_several_hosts(facts, endpoint_)) return *several;
  if (facts.loading) return explain_server_error(endpoint_, "LOADING");
  if (endpoint_.has_sentinels() && facts.role == "slave")
    return Error{ErrorKind::temporary, "a fail-over of " + endpoint_.display() + " is going on; try again"};
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

Result<std::vector<Reply>> SyncClient::all_answers() {
  std::vector<Reply> answers;
  while (pending_ > 0) {
    auto answer = next();
    if (!answer) return answer.error();
    answers.push_back(std::move(*answer));
  }
  return answers;
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
