#include "bench/connection.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tributary::bench {

Connection::Connection(const std::string& socket_path)
    : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  if (descriptor_ < 0 || socket_path.size() >= sizeof address.sun_path)
    throw Failure("no socket for " + socket_path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const void* raw = &address;
  if (::connect(descriptor_, static_cast<const sockaddr*>(raw), sizeof address) == 0) return;
  const std::string why = std::strerror(errno);
  ::close(descriptor_);
  throw Failure("cannot connect to " + socket_path + ": " + why);
}

Connection::Connection(Connection&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Connection::~Connection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw Failure(std::string("the connection broke while sending: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Connection::receive(char* data, std::size_t size, Wait wait) {
  for (;;) {
    const auto got = ::recv(descriptor_, data, size, wait == Wait::yes ? 0 : MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && wait == Wait::no && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    throw Failure("the server ended a connection");
  }
}

void Connection::shut_down() { ::shutdown(descriptor_, SHUT_RDWR); }

}  // namespace tributary::bench
