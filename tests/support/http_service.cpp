#include "support/http_service.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tributary::test {

struct HttpService::State {
  Handler handler;
  int listener = -1;
  int port = 0;
  std::atomic<bool> ended{false};
  std::atomic<int> requests{0}, connections{0};
  std::mutex mutex;  // for the handler
  std::mutex threads_mutex;
  std::vector<std::thread> threads;
  std::thread acceptor;

  // False: the service ends.
  bool wait_readable(int socket) const {
    while (!ended) {
      pollfd waited{socket, POLLIN, 0};
      if (::poll(&waited, 1, 20) > 0) return true;
    }
    return false;
  }

  void accept_all() {
    while (wait_readable(listener)) {
      const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      const int one = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      const std::lock_guard lock(threads_mutex);
      threads.emplace_back([this, socket, number = ++connections] {
        serve(socket, number);
        ::close(socket);
      });
    }
  }

  bool read_more(int socket, std::string& buffer) const {
    char chunk[65536];
    if (!wait_readable(socket)) return false;
    const auto count = ::recv(socket, chunk, sizeof chunk, 0);
    if (count <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(count));
    return true;
  }

  bool read_request(int socket, std::string& buffer, Request& request) const {
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more(socket, buffer)) return false;
    }
    const auto head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    std::size_t at = head.find("\r\n");
    const auto line = head.substr(0, at);
    request.method = line.substr(0, line.find(' '));
    request.target = line.substr(line.find(' ') + 1);
    request.target = request.target.substr(0, request.target.find(' '));
    for (at += 2; at < head.size();) {
      const auto next = head.find("\r\n", at);
      const auto header = head.substr(at, next - at);
      auto name = header.substr(0, header.find(':'));
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      const auto value = header.find_first_not_of(' ', name.size() + 1);
      request.headers[name] = value == std::string::npos ? "" : header.substr(value);
      at = next + 2;
    }
    const auto length =
        request.headers.count("content-length") ? std::stoul(request.headers["content-length"]) : 0;
    while (buffer.size() < length) {
      if (!read_more(socket, buffer)) return false;
    }
    request.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return true;
  }

  void serve(int socket, int connection) {
    std::string buffer;
    for (Request request; read_request(socket, buffer, request); request = {}) {
      request.number = ++requests;
      request.connection = connection;
      Response response;
      {
        const std::lock_guard lock(mutex);
        response = handler(request);
      }
      for (int waited = 0; waited < response.delay_ms && !ended; waited += 10) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      for (std::size_t sent = 0; sent < response.bytes.size();) {
        const auto count =
            ::send(socket, response.bytes.data() + sent, response.bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return;
        sent += static_cast<std::size_t>(count);
      }
      if (response.then == Response::Then::close) return;
      if (response.then == Response::Then::hang) {
        char nothing;
        while (wait_readable(socket) && ::recv(socket, &nothing, 1, 0) > 0) {
        }
        return;
      }
    }
  }
};

HttpService::HttpService(Handler handler, int port) : state_(std::make_shared<State>()) {
  state_->handler = std::move(handler);
  state_->listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  ::setsockopt(state_->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(state_->listener, generic, size) != 0 || ::listen(state_->listener, 64) != 0 ||
      ::getsockname(state_->listener, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1:" + std::to_string(port));
  }
  state_->port = ntohs(address.sin_port);
  state_->acceptor = std::thread([state = state_.get()] { state->accept_all(); });
}

HttpService::~HttpService() {
  state_->ended = true;
  state_->acceptor.join();
  for (auto& thread : state_->threads) thread.join();
  ::close(state_->listener);
}

int HttpService::port() const { return state_->port; }
std::string HttpService::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(state_->port) + path;
}
int HttpService::requests() const { return state_->requests; }
int HttpService::connections() const { return state_->connections; }

HttpService::Response HttpService::answer(int status, const std::string& body, const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " Told\r\n" + headers +
          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

}  // namespace tributary::test
