#include "support/gate.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace tributary::test {
namespace {

// As the first argument of a command of three: a question about the right to it looks otherwise.
constexpr std::string_view kSubscription = "*3\r\n$9\r\nSUBSCRIBE\r\n";
constexpr std::size_t kMostWaiting = 4u << 20;  // then the server is read no more, and its own buffer fills

std::int64_t now_in_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

int connect_unix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (::connect(fd, generic(address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

void make_non_blocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

}  // namespace

Gate::Gate(std::string redis_socket) : redis_socket_(std::move(redis_socket)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (::bind(listener_, raw, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("gate: cannot listen on 127.0.0.1");
  }
  make_non_blocking(listener_);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Gate::~Gate() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
  for (auto& pair : pairs_) {
    ::close(pair.node);
    ::close(pair.server);
  }
  ::close(listener_);
}

template <class Change>
void Gate::change(Which which, Change apply) {
  const std::lock_guard lock(mutex_);
  for (auto& pair : pairs_) {
    if (which == Which::both || (which == Which::subscriber) == pair.subscriber) apply(pair);
  }
}

void Gate::cut(Which which) {
  change(which, [](Pair& pair) { pair.dead = true; });
}
void Gate::cut_after(Which which, std::size_t bytes) {
  change(which, [&](Pair& pair) { pair.cut_after = static_cast<long long>(bytes); });
}
void Gate::go_silent(Which which) {
  change(which, [](Pair& pair) { pair.silent = true; });
}
void Gate::go_silent_at_subscribe() {
  const std::lock_guard lock(mutex_);
  silent_at_subscribe_ = true;
}
int Gate::silenced() {
  const std::lock_guard lock(mutex_);
  return silenced_;
}
void Gate::rewrite(std::vector<std::pair<std::string, std::string>> texts) {
  const std::lock_guard lock(mutex_);
  rewritten_ = std::move(texts);
}
void Gate::delay(Which which, int milliseconds) {
  change(which, [&](Pair& pair) { pair.delay_ms = milliseconds; });
}
void Gate::throttle(Which which, std::size_t bytes_per_second) {
  change(which, [&](Pair& pair) {
    pair.rate = bytes_per_second;
    pair.allowance = 0;
    pair.counted_ms = now_in_ms();
  });
}
void Gate::heal() {
  {
    const std::lock_guard lock(mutex_);
    silent_at_subscribe_ = false;
    silenced_ = 0;
  }
  change(Which::both, [](Pair& pair) {
    pair.dead = pair.dead || pair.silent;
    pair.delay_ms = 0;
    pair.rate = 0;
    pair.cut_after = -1;
  });
}

void Gate::accept_one() {
  const int node = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (node < 0) return;
  const int server = connect_unix(redis_socket_);
  if (server < 0) {  // Redis is down: the node sees its connection end
    ::close(node);
    return;
  }
  make_non_blocking(node);
  make_non_blocking(server);
  Pair pair;
  pair.node = node;
  pair.server = server;
  pairs_.push_back(std::move(pair));
}

void Gate::from_node(Pair& pair) {
  char bytes[64 << 10];
  const auto size = ::recv(pair.node, bytes, sizeof bytes, 0);
  if (size == 0 || (size < 0 && errno != EAGAIN)) pair.dead = true;
  if (size <= 0 || pair.silent) return;
  const std::string_view text(bytes, static_cast<std::size_t>(size));
  if (text.find(kSubscription) != std::string_view::npos) {
    pair.subscriber = true;
    pair.silent = silent_at_subscribe_;
    if (pair.silent) {
      ++silenced_;
      return;
    }
  }
  pass_on(pair, text);
}

void Gate::pass_on(Pair& pair, std::string_view text) {
  pair.held.append(text);
  std::size_t keep = 0;
  for (const auto& [from, to] : rewritten_) {
    for (auto at = pair.held.find(from); at != std::string::npos; at = pair.held.find(from, at))
      pair.held.replace(at, from.size(), to);
    for (auto size = std::min(from.size() - 1, pair.held.size()); size > keep; --size) {
      if (pair.held.ends_with(std::string_view(from).substr(0, size))) keep = size;
    }
  }
  pair.to_server.append(pair.held, 0, pair.held.size() - keep);
  pair.held.erase(0, pair.held.size() - keep);
}

void Gate::from_server(Pair& pair) {
  char bytes[64 << 10];
  const auto size = ::recv(pair.server, bytes, sizeof bytes, 0);
  if (size == 0 || (size < 0 && errno != EAGAIN)) pair.dead = true;
  if (size <= 0 || pair.silent) return;
  pair.to_node.push_back({now_in_ms() + pair.delay_ms, std::string(bytes, static_cast<std::size_t>(size))});
  pair.waiting += static_cast<std::size_t>(size);
}

void Gate::to_node(Pair& pair, std::int64_t now_ms) {
  if (pair.rate > 0) {
    pair.allowance += static_cast<double>(pair.rate) * static_cast<double>(now_ms - pair.counted_ms) / 1000.0;
    pair.allowance = std::min(pair.allowance, static_cast<double>(pair.rate));
    pair.counted_ms = now_ms;
  }
  while (!pair.to_node.empty() && pair.to_node.front().due_ms <= now_ms && !pair.silent) {
    auto& chunk = pair.to_node.front();
    auto size = chunk.bytes.size();
    if (pair.rate > 0) size = std::min(size, static_cast<std::size_t>(pair.allowance));
    if (pair.cut_after >= 0) size = std::min(size, static_cast<std::size_t>(pair.cut_after));
    if (size == 0) {
      pair.dead = pair.dead || pair.cut_after == 0;
      return;
    }
    const auto sent = ::send(pair.node, chunk.bytes.data(), size, MSG_NOSIGNAL);
    if (sent < 0) {
      pair.dead = pair.dead || errno != EAGAIN;
      return;
    }
    pair.allowance -= static_cast<double>(sent);
    if (pair.cut_after >= 0) pair.cut_after -= sent;
    pair.waiting -= static_cast<std::size_t>(sent);
    chunk.bytes.erase(0, static_cast<std::size_t>(sent));
    if (chunk.bytes.empty()) pair.to_node.pop_front();
  }
}

void Gate::run() {
  std::vector<pollfd> polled;
  std::vector<Pair*> owners;
  while (true) {
    polled.clear();
    owners.clear();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      polled.push_back({listener_, POLLIN, 0});
      for (auto& pair : pairs_) {
        short on_server = pair.waiting < kMostWaiting ? POLLIN : 0;
        if (!pair.to_server.empty()) on_server = static_cast<short>(on_server | POLLOUT);
        polled.push_back({pair.node, POLLIN, 0});
        polled.push_back({pair.server, on_server, 0});
        owners.push_back(&pair);
      }
    }
    ::poll(polled.data(), polled.size(), 2);
    const std::lock_guard lock(mutex_);
    const auto now_ms = now_in_ms();
    for (std::size_t i = 0; i < owners.size(); ++i) {
      Pair& pair = *owners[i];
      if (polled[1 + 2 * i].revents != 0) from_node(pair);
      if ((polled[2 + 2 * i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) from_server(pair);
      if (!pair.to_server.empty()) {
        const auto sent = ::send(pair.server, pair.to_server.data(), pair.to_server.size(), MSG_NOSIGNAL);
        if (sent > 0) pair.to_server.erase(0, static_cast<std::size_t>(sent));
        if (sent < 0 && errno != EAGAIN) pair.dead = true;
      }
      to_node(pair, now_ms);
    }
    if (polled[0].revents != 0) accept_one();
    std::erase_if(pairs_, [](Pair& pair) {
      if (!pair.dead) return false;
      ::close(pair.node);
      ::close(pair.server);
      return true;
    });
  }
}

}  // namespace tributary::test
