#pragma once

#include <functional>
#include <memory>
#include <string>

#include "redis/endpoint.hpp"
#include "redis/event_loop.hpp"
#include "redis/sentinel_watch.hpp"
#include "redis/server_check.hpp"
#include "redis/server_error.hpp"

namespace tributary::relay {

class Scout;

/// Which server has the group: the one that was named, the primary by the word of the Sentinels, or the node of a cluster
/// that has the group's slot. Belongs to the loop's thread.
class Whereabouts {
 public:
  /// Another server has the group, `who_says` so ("the cluster names"); the connections to the present one are worth nothing.
  using Moved = std::function<void(const redis::Endpoint& to, const std::string& who_says)>;
  Whereabouts(redis::EventLoop& loop, redis::Endpoint named, Moved moved);
  ~Whereabouts();

  /// Of the present connections, or the next.
  const redis::Endpoint& endpoint() const { return endpoint_; }

  /// Before each attempt: `found` when endpoint() is where to try, else `failed`.
  void locate(std::function<void()> found, std::function<void(const redis::Failure&)> failed);
  /// Whatever node of a cluster was named, it has told who has the group.
  void take(const redis::ServerFacts& facts);
  /// The attempt failed, or the connection ended: the next one begins with the next node that is known.
  void try_another();
  /// A node that is cut off from its cluster goes on publishing to those who are cut off with it. Where the group is now,
  /// others know: asks one of them, unless it did a moment ago.
  void ask_others();
  /// Watches no more.
  void stop() { sentinels_.stop(); }

 private:
  redis::EventLoop& loop_;
  redis::Endpoint endpoint_;
  Moved moved_;
  redis::SentinelWatch sentinels_;
  std::unique_ptr<Scout> scout_;
};

}  // namespace tributary::relay
