#pragma once

#include <functional>

#include "core/base/time.hpp"
#include "redis/connection.hpp"

namespace tributary::relay {

/// Asks the other nodes of a cluster which of them has the group. Belongs to the loop's thread.
class Scout final : redis::CommandConnection::Handler {
 public:
  using Found = std::function<void(const redis::Endpoint& holder)>;
  Scout(redis::EventLoop& loop, Found found) : found_(std::move(found)), connection_(loop, *this) {}

  /// Begins, unless it looked a moment ago. Whoever has the group by the word of the next node, and is up, is found.
  void look(const redis::Endpoint& from, TimeMs now);

 private:
  void on_commands_ready(const redis::ServerFacts& facts) override;
  void on_reply(std::uint64_t, redis::Reply&&) override {}
  void on_commands_down(const redis::Failure&) override {}

  Found found_;
  redis::Endpoint asked_;
  std::size_t next_ = 0;
  TimeMs looked_at_ = 0;
  redis::CommandConnection connection_;
};

}  // namespace tributary::relay
