#include "redis/blocking_stream.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace tributary::redis {
namespace {

std::string seconds(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

void set_time_out(int socket, std::chrono::milliseconds time) {
  const timeval limit{.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

// 0, or why not.
int connect_within(int socket, const sockaddr* address, socklen_t size, std::chrono::milliseconds time) {
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  if (::connect(socket, address, size) != 0) {
    if (errno != EINPROGRESS) return errno;
    pollfd wait{socket, POLLOUT, 0};
    const auto end = std::chrono::steady_clock::now() + time;
    int ready = 0;
    do {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      ready = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return error;
  }
  ::fcntl(socket, F_SETFL, 0);
  return 0;
}

}  // namespace

Result<BlockingStream> BlockingStream::connect(const Endpoint& endpoint, const Timeouts& timeouts) {
  BlockingStream stream(endpoint, timeouts);
  if (auto opened = stream.open(); !opened) return opened.error();
  if (endpoint.tls.on) {
    if (auto agreed = stream.shake_hands(); !agreed) return agreed.error();
  }
  return stream;
}

BlockingStream::BlockingStream(BlockingStream&& other) noexcept
    : endpoint_(std::move(other.endpoint_)),
      timeouts_(other.timeouts_),
      socket_(std::exchange(other.socket_, -1)),
      context_(std::move(other.context_)),
      ssl_(std::move(other.ssl_)),
      heard_(other.heard_) {}

BlockingStream& BlockingStream::operator=(BlockingStream&& other) noexcept {
  std::swap(endpoint_, other.endpoint_);
  std::swap(timeouts_, other.timeouts_);
  std::swap(socket_, other.socket_);
  std::swap(context_, other.context_);
  std::swap(ssl_, other.ssl_);
  std::swap(heard_, other.heard_);
  return *this;
}

BlockingStream::~BlockingStream() {
  ssl_.reset();
  if (socket_ >= 0) ::close(socket_);
}

Status BlockingStream::open() {
  if (!endpoint_.unix_socket.empty()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (endpoint_.unix_socket.size() >= sizeof address.sun_path)
      return unreachable(endpoint_, "the path of the socket is too long");
    std::memcpy(address.sun_path, endpoint_.unix_socket.data(), endpoint_.unix_socket.size());
    return open_address(AF_UNIX, &address, sizeof address);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const auto error =
      ::getaddrinfo(endpoint_.host.c_str(), std::to_string(endpoint_.port).c_str(), &hints, &found);
  if (error != 0) return unreachable(endpoint_, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  Status opened = Done{};
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    opened = open_address(one->ai_family, one->ai_addr, one->ai_addrlen);
    if (opened) break;
  }
  return opened;
}

Status BlockingStream::open_address(int family, const void* address, unsigned size) {
  if (socket_ >= 0) ::close(socket_);
  socket_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return unreachable(endpoint_, std::strerror(errno));
  const auto error = connect_within(socket_, static_cast<const sockaddr*>(address), size, timeouts_.connect);
  if (error == ETIMEDOUT || error == EAGAIN)
    return unreachable(endpoint_, "no answer within " + seconds(timeouts_.connect));
  if (error != 0) return unreachable(endpoint_, std::strerror(error));
  const int yes = 1;
  if (family != AF_UNIX) ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  set_time_out(socket_, timeouts_.answer);
  return Done{};
}

Status BlockingStream::shake_hands() {
  auto context = make_tls_context(endpoint_);
  if (!context) return context.error();
  context_ = std::move(*context);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_);
  prepare_tls(ssl_.get(), endpoint_);
  ERR_clear_error();
  set_time_out(socket_, timeouts_.connect);
  const auto result = SSL_connect(ssl_.get());
  set_time_out(socket_, timeouts_.answer);
  if (result == 1) return Done{};
  if (errno == EAGAIN || errno == EWOULDBLOCK) return explain_no_tls(endpoint_);
  return failed();
}

Status BlockingStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    ERR_clear_error();
    errno = 0;
    const auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 30));
    const auto size =
        ssl_ ? SSL_write(ssl_.get(), bytes.data(), most)
             : static_cast<int>(::send(socket_, bytes.data(), static_cast<std::size_t>(most), MSG_NOSIGNAL));
    if (size <= 0 && !ssl_ && errno == EINTR) continue;
    if (size <= 0) return failed();
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return Done{};
}

Result<std::size_t> BlockingStream::read(std::span<char> space) {
  while (true) {
    ERR_clear_error();
    errno = 0;
    const auto size = ssl_ ? SSL_read(ssl_.get(), space.data(), static_cast<int>(space.size()))
                           : static_cast<int>(::recv(socket_, space.data(), space.size(), 0));
    if (size > 0) {
      heard_ = true;
      return static_cast<std::size_t>(size);
    }
    if (!ssl_ && size < 0 && errno == EINTR) continue;
    if (!ssl_ && (size == 0 || errno == ECONNRESET)) return std::size_t{0};
    if (ssl_ && heard_ && SSL_get_error(ssl_.get(), size) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    return failed();
  }
}

Error BlockingStream::failed() const {
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return connection_lost(endpoint_, "no answer within " + seconds(timeouts_.answer));
  if (!ssl_) return connection_lost(endpoint_, std::strerror(errno));
  if (heard_) return connection_lost(endpoint_, "the server closed it");
  const Error& why = explain_tls(endpoint_, ssl_.get(), ERR_peek_error());
  return why;
}

}  // namespace tributary::redis
