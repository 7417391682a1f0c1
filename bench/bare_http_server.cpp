// What a service behind http: costs at least: one thread that answers 200 and {} to each request, over connections that
// stay. It looks for no more than the length of a request's body.
//
//   bare_http_server     says its port on standard output; serves on 127.0.0.1 until it is killed
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

int listen_somewhere() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener, 128) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("bare_http_server");
    std::exit(69);
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

void watch(int poll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

// How long the first request is, or 0 if it is not there whole.
std::size_t request_size(std::string_view bytes) {
  const auto head = bytes.find(kHeadEnd);
  if (head == std::string_view::npos) return 0;
  auto size = head + kHeadEnd.size();
  constexpr std::string_view kLength = "\r\nContent-Length:";
  const auto length = bytes.substr(0, head).find(kLength);
  if (length != std::string_view::npos)
    size += std::strtoul(bytes.data() + length + kLength.size(), nullptr, 10);
  return bytes.size() >= size ? size : 0;
}

bool serve(int connection, std::string& kept) {
  char piece[16384];
  const auto got = ::read(connection, piece, sizeof piece);
  if (got <= 0) return false;
  kept.append(piece, static_cast<std::size_t>(got));
  std::string answers;
  while (const auto size = request_size(kept)) {
    kept.erase(0, size);
    answers += kAnswer;
  }
  return answers.empty() || ::write(connection, answers.data(), answers.size()) > 0;
}

}  // namespace

int main() {
  const int listener = listen_somewhere(), poll = ::epoll_create1(0);
  watch(poll, listener);
  std::unordered_map<int, std::string> connections;
  for (;;) {
    epoll_event events[64];
    const int count = ::epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == listener) {
        const int connection = ::accept(listener, nullptr, nullptr);
        const int yes = 1;
        ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        connections[connection].clear();
        watch(poll, connection);
      } else if (!serve(descriptor, connections[descriptor])) {
        connections.erase(descriptor);
        ::close(descriptor);
      }
    }
  }
}
