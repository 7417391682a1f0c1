#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "core/base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace tributary::redis {

/// One thread's event loop: timers, signals and work posted from other threads. Keeps Asio out of the files
/// that use it. Everything but post() belongs to the thread that calls run().
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Until stop() is called.
  void run();
  void stop();
  /// Thread-safe: runs `work` on the loop's thread, later.
  void post(std::function<void()> work);
  void after(std::chrono::milliseconds delay, std::function<void()> work);
  /// For the life of the loop; a late round is not made up for.
  void every(std::chrono::milliseconds interval, std::function<void()> work);
  /// `handler` gets each SIGINT and SIGTERM, and each SIGHUP and SIGQUIT unless it was ignored before.
  void on_signal(std::function<void(int)> handler);

  boost::asio::io_context& context();
  /// Of a clock that only goes forward.
  static TimeMs now_ms();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tributary::redis
