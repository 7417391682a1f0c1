#include "bench/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tributary::bench {
namespace {

constexpr std::size_t kTlsReadAhead = 256 << 10;  // so that one read of the socket brings many records

int open_socket(int family, const void* address, socklen_t size, const std::string& name) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw Failure("no socket for " + name);
  if (::connect(descriptor, static_cast<const sockaddr*>(address), size) == 0) return descriptor;
  const std::string why = std::strerror(errno);
  ::close(descriptor);
  throw Failure("cannot connect to " + name + ": " + why);
}

int open_unix(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) throw Failure("no socket for " + path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return open_socket(AF_UNIX, &address, sizeof address, path);
}

int open_tcp(const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port.c_str())));
  const int descriptor = open_socket(AF_INET, &address, sizeof address, "127.0.0.1:" + port);
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return descriptor;
}

}  // namespace

Connection::Connection(const std::string& address)
    : descriptor_(address.starts_with('/') ? open_unix(address)
                                           : open_tcp(address.substr(0, address.find(' ')))) {
  if (!address.starts_with('/') && address.find(' ') != std::string::npos)
    begin_tls(address.substr(address.find(' ') + 1));
}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), ssl_(std::move(other.ssl_)) {}

Connection::~Connection() {
  ssl_.reset();
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Connection::begin_tls(const std::string& directory) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  const auto file = [&](const char* name) { return directory + "/" + name; };
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), kTlsReadAhead);
  const bool usable =
      SSL_CTX_load_verify_file(context.get(), file("ca.pem").c_str()) == 1 &&
      SSL_CTX_use_certificate_chain_file(context.get(), file("client.pem").c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context.get(), file("client.key").c_str(), SSL_FILETYPE_PEM) == 1;
  ssl_.reset(usable ? SSL_new(context.get()) : nullptr);
  if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor_) != 1 || SSL_connect(ssl_.get()) != 1) {
    ::close(std::exchange(descriptor_, -1));
    throw Failure("no TLS with the files of " + directory);
  }
  ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (ssl_) {
      const auto sent = SSL_write(ssl_.get(), bytes.data(),
                                  static_cast<int>(std::min<std::size_t>(bytes.size(), 1u << 30)));
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else {
        wait_for_socket(sent);
      }
      continue;
    }
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) throw Failure(std::string("the connection broke while sending: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Connection::receive(char* data, std::size_t size, Wait wait) {
  if (ssl_) return receive_tls(data, size, wait);
  for (;;) {
    const auto got = ::recv(descriptor_, data, size, wait == Wait::yes ? 0 : MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && wait == Wait::no && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    throw Failure("the server ended a connection");
  }
}

// One call gives one record at most, 16 KB: all that are there.
std::size_t Connection::receive_tls(char* data, std::size_t size, Wait wait) {
  std::size_t filled = 0;
  while (filled < size) {
    const auto got =
        SSL_read(ssl_.get(), data + filled, static_cast<int>(std::min<std::size_t>(size - filled, 1u << 30)));
    if (got > 0) {
      filled += static_cast<std::size_t>(got);
    } else if (SSL_get_error(ssl_.get(), got) == SSL_ERROR_WANT_READ && (filled > 0 || wait == Wait::no)) {
      break;
    } else {
      wait_for_socket(got);
    }
  }
  return filled;
}

void Connection::wait_for_socket(int result) {
  const auto why = SSL_get_error(ssl_.get(), result);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) throw Failure("a connection with TLS broke");
  pollfd wait{descriptor_, static_cast<short>(why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT), 0};
  ::poll(&wait, 1, -1);
}

void Connection::shut_down() { ::shutdown(descriptor_, SHUT_RDWR); }

}  // namespace tributary::bench
