#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "redis/blocking_stream.hpp"
#include "redis/cluster.hpp"
#include "redis/endpoint.hpp"
#include "redis/reply.hpp"
#include "redis/server_check.hpp"

struct redisReader;

namespace tributary::redis {

/// One connection that waits for its answers: for commands run by people and for tests. The relay has its
/// own. Not thread-safe. After an error that is not an answer of the server, the connection is unusable, and
/// says the same to whatever comes next: make a new one. The first connect() makes the process ignore SIGPIPE, so
/// that a broken connection is an error and not the end.
class SyncClient {
 public:
  /// Connects, says who we are, selects the database, and looks by INFO whether that is a Redis server that answers. If the
  /// endpoint has Sentinels, they are asked first where the primary is; in a cluster it is the node that has its key.
  static Result<SyncClient> connect(const Endpoint& endpoint, Timeouts timeouts = {});

  /// Sends one command and waits for its answer, which may be an error answer. Any bytes are
  /// allowed in arguments.
  Result<Reply> command(std::initializer_list<std::string_view> arguments);
  Result<Reply> command(const std::vector<std::string>& arguments);
  /// The same, but an error answer becomes an Error that says what to do.
  Result<Reply> ask(std::initializer_list<std::string_view> arguments);

  /// Pipelining: queues a command; nothing is sent before flush() or next().
  void append(std::initializer_list<std::string_view> arguments);
  /// Queues commands that are already in the protocol's form (redis/command.hpp).
  void append_formatted(std::string_view commands, std::size_t count);
  /// Sends what is queued, without waiting for answers.
  Status flush();
  /// The next answer, in the order of the commands. There must be one to wait for.
  Result<Reply> next();
  /// Commands whose answer was not yet taken by next().
  std::size_t pending() const { return pending_; }

  bool in_cluster() const { return facts_.cluster_enabled; }
  /// Of a node of a cluster: what it tells of the node that has the key. With nothing pending.
  Result<KeyHolder> holder_of(std::string_view key);
  /// Where it is connected to.
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  SyncClient(const Endpoint& endpoint, Timeouts timeouts, BlockingStream stream);
  static Result<SyncClient> connect_to_holder(const Endpoint& endpoint, Timeouts timeouts);
  static Result<SyncClient> connect_there(const Endpoint& endpoint, Timeouts timeouts);
  static Result<Endpoint> find_primary(const Endpoint& endpoint, Timeouts timeouts);
  Result<std::vector<Reply>> all_answers();
  Status introduce();
  Status look_at(const ServerFacts& facts) const;
  Status look_who_answers();
  bool expects_tls() const;
  Result<Reply> next_answer();
  Status read_more();

  Endpoint endpoint_;
  Timeouts timeouts_;
  BlockingStream stream_;
  std::unique_ptr<redisReader, Free> reader_;
  ServerFacts facts_;
  std::string queued_;
  std::size_t pending_ = 0;
  std::optional<Error> broken_;
};

}  // namespace tributary::redis
