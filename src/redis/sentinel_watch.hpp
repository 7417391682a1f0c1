#pragma once

#include <functional>
#include <memory>

#include "core/base/result.hpp"
#include "redis/endpoint.hpp"
#include "redis/event_loop.hpp"
#include "redis/server_error.hpp"

namespace tributary::redis {

/// Tells where the server is: at its own address, or where its Sentinels say. They are asked before each attempt, and twice
/// a second all the time, because a deposed primary goes on as one for many seconds, acknowledges what will be lost, and
/// tells everybody who asks that it is the primary. Belongs to the loop's thread.
class SentinelWatch {
 public:
  /// The server with the address to use, or why that is not known.
  using Found = std::function<void(const Endpoint& server)>;
  using Unknown = std::function<void(const Failure& why)>;
  /// The primary is another one than locate() found, there.
  using Moved = std::function<void(const Endpoint& to)>;

  SentinelWatch(EventLoop& loop, Endpoint server, Moved moved);
  ~SentinelWatch();

  /// Exactly one of the two is called, unless stop() or another locate() comes first: at once if there are no Sentinels, else
  /// within about 3 s.
  void locate(Found found, Unknown unknown);
  void stop();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace tributary::redis
