#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "http/address.hpp"
#include "http/exchange.hpp"
#include "redis/event_loop.hpp"

namespace tributary::http {

/// What a server takes from those who ask. Everything beyond is refused or cut off, never waited for.
struct Limits {
  std::size_t connections = 64;  ///< beyond that, whoever has sent nothing for the longest gives way
  std::size_t streams = 16;      ///< of these, of server-sent events
  std::uint32_t header_bytes = 16 << 10;
  std::uint64_t body_bytes = 64 << 10;
  std::chrono::milliseconds patience{30'000};  ///< for a whole request, for one answer to be taken
};

/// What it has done so far.
struct ServerFigures {
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  ///< connections for which there was no room, and requests that are none
  std::size_t connections = 0;
  std::size_t streams = 0;
};

/// A small HTTP/1.1 server on an event loop: hands requests to a handler and sends what it answers. No request can make
/// it block, or hold more than `Limits` says. Belongs to the loop's thread.
class Server {
 public:
  /// `loop` must outlive it; it the loop's last round.
  Server(redis::EventLoop& loop, Handler handler, Limits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Begins to listen. A Unix socket that nobody listens on any more is replaced, and removed at the end.
  Status listen(const Address& address);
  /// Where it listens, with the port it got.
  const Address& address() const;

  /// One event to all streams of a topic. Who is too slow for one event misses the ones before the newest.
  void publish(std::string_view topic, std::string_view data);
  /// Streams of a topic.
  std::size_t listeners(std::string_view topic) const;
  ServerFigures figures() const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace tributary::http
