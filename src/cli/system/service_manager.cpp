#include "cli/system/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/base/text.hpp"

namespace tributary::cli {
namespace {

std::optional<std::chrono::milliseconds> half_of_watchdog(const ServiceManager::Environment& environment) {
  const char* const time = environment("WATCHDOG_USEC");
  const char* const process = environment("WATCHDOG_PID");
  if (time == nullptr) return std::nullopt;
  if (process != nullptr && process != std::to_string(::getpid())) return std::nullopt;
  const auto microseconds = to_number(time);
  if (!microseconds || *microseconds == 0) return std::nullopt;
  return std::chrono::milliseconds(std::max<std::uint64_t>(*microseconds / 2000, 1));
}

}  // namespace

ServiceManager::ServiceManager(const Environment& environment) {
  const char* const address = environment("NOTIFY_SOCKET");
  if (address == nullptr || (*address != '/' && *address != '@')) return;
  address_ = address;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_[0] == '@') address_[0] = '\0';
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ >= 0) watchdog_interval_ = half_of_watchdog(environment);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::ready() {
  if (!std::exchange(ready_, true)) tell("READY=1");
}

void ServiceManager::stopping() {
  if (!std::exchange(stopping_, true)) tell("STOPPING=1");
}

void ServiceManager::alive() { tell("WATCHDOG=1"); }

void ServiceManager::tell(const char* message) {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  [[maybe_unused]] const auto sent = ::sendto(socket_, message, std::strlen(message), MSG_NOSIGNAL,
                                              reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace tributary::cli
