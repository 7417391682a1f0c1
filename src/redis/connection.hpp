#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/group/transaction.hpp"
#include "redis/endpoint.hpp"
#include "redis/event_loop.hpp"
#include "redis/inputs.hpp"
#include "redis/reply.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

namespace tributary::redis {

/// Pipelined commands on one connection: answers come in the order of the commands, one for each, or the
/// connection is lost and nobody knows what became of those still open. Belongs to the loop's thread.
class CommandConnection {
 public:
  struct Handler {
    virtual ~Handler() = default;
    /// Connected, authenticated, INFO was read, and what scripts may read is known.
    virtual void on_commands_ready(const ServerFacts& facts) = 0;
    virtual void on_reply(std::uint64_t tag, Reply&& reply) = 0;
    /// For those who send any.
    virtual void on_transaction(std::uint64_t tag, group::TransactionOutcome&& outcome);
    /// The attempt failed, or the connection ended; not called after close().
    virtual void on_commands_down(const Failure& failure) = 0;
  };

  CommandConnection(EventLoop& loop, Handler& handler);
  ~CommandConnection();

  /// Starts an attempt. Ends in on_commands_ready() or on_commands_down().
  void open(const Endpoint& endpoint);
  /// Ends the connection, silently. Answers still owed never come.
  void close();
  bool ready() const;
  /// The buffer to append exactly one command to; its answer comes with `tag`. Call flush()
  /// after the last one.
  std::string& command(std::uint64_t tag);
  /// The same for MULTI, `commands` commands and EXEC; what became of them comes to on_transaction().
  std::string& transaction(std::uint64_t tag, std::size_t commands);
  void flush();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

/// One subscription to data channels and a control channel, on one connection. Never resubscribes: when it ends, it
/// ends, because only an unbroken connection has no gap. Belongs to the loop's thread.
class SubscriberConnection {
 public:
  struct Handler {
    virtual ~Handler() = default;
    /// Subscribed to all of them, at the server process with this run_id.
    virtual void on_subscribed(const std::string& run_id) = 0;
    /// Views are valid during the call; kPayloadPadding readable bytes follow.
    virtual void on_data(std::string_view payload, std::string_view channel) = 0;
    virtual void on_control(std::string_view payload) = 0;
    /// All that was read at once has been handed over. False: read no more until resume().
    virtual bool on_batch_end() = 0;
    /// The attempt failed, or the connection ended; not called after close().
    virtual void on_subscriber_down(const Failure& failure) = 0;
  };

  SubscriberConnection(EventLoop& loop, Inputs inputs, std::string control_channel, Handler& handler);
  ~SubscriberConnection();

  void open(const Endpoint& endpoint);
  void close();
  void resume();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace tributary::redis
