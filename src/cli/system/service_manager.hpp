#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace tributary::cli {

/// Tells the service manager that started this process how it is (systemd's notification protocol, without
/// its library). Does nothing if nobody wants to be told. Messages that cannot be sent are left out: a
/// manager that does not listen is no reason to stop.
class ServiceManager {
 public:
  using Environment = std::function<const char*(const char* name)>;

  /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceManager(const Environment& environment);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  /// The service works. Told once, however often it is called.
  void ready();
  /// It is about to end. Told once.
  void stopping();
  /// It still works: to be called every watchdog_interval() by that which has to work.
  void alive();
  /// Half of the time after which the manager takes silence for death. Nothing: it does not watch.
  std::optional<std::chrono::milliseconds> watchdog_interval() const { return watchdog_interval_; }

 private:
  void tell(const char* message);

  int socket_ = -1;
  std::string address_;  // a path, or a name that starts with a zero byte
  std::optional<std::chrono::milliseconds> watchdog_interval_;
  bool ready_ = false;
  bool stopping_ = false;
};

}  // namespace tributary::cli
