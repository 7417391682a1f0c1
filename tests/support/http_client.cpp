#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>
#include <utility>

namespace tributary::test {

HttpConnection::HttpConnection(const std::string& address) {
  sockaddr_storage to{};
  socklen_t size = sizeof(sockaddr_in);
  if (address.starts_with("unix:")) {
    auto& local = reinterpret_cast<sockaddr_un&>(to);
    local.sun_family = AF_UNIX;
    address.substr(5).copy(local.sun_path, sizeof local.sun_path - 1);
    size = sizeof local;
  } else {
    auto& remote = reinterpret_cast<sockaddr_in&>(to);
    const auto colon = address.rfind(':');
    remote.sin_family = AF_INET;
    remote.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &remote.sin_addr);
  }
  socket_ = ::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), size) == 0) return;
  ::close(socket_);
  socket_ = -1;
}

HttpConnection::~HttpConnection() {
  if (socket_ >= 0) ::close(socket_);
}

bool HttpConnection::send(const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto size = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

std::string HttpConnection::read_until(const std::string& text, std::chrono::milliseconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (text.empty() || read_.find(text) == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now())
            .count();
    pollfd waiting{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) break;
    char bytes[4096];
    const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) break;
    read_.append(bytes, static_cast<std::size_t>(size));
  }
  return std::exchange(read_, {});
}

bool HttpConnection::closed(std::chrono::milliseconds bound) {
  const auto until = std::chrono::steady_clock::now() + bound;
  while (std::chrono::steady_clock::now() < until) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 50) <= 0) continue;
    char bytes[4096];
    if (::recv(socket_, bytes, sizeof bytes, 0) <= 0) return true;
  }
  return false;
}

HttpAnswer http(const std::string& address, const std::string& method, const std::string& target,
                const HttpHeaders& headers, const std::string& body) {
  HttpConnection connection(address);
  std::string request = method + " " + target + " HTTP/1.1\r\nconnection: close\r\n";
  const bool has_host = std::ranges::any_of(headers, [](const auto& h) { return h.starts_with("host:"); });
  if (!has_host) request += "host: " + (address.starts_with("unix:") ? "localhost" : address) + "\r\n";
  for (const auto& header : headers) request += header + "\r\n";
  if (!body.empty() || method == "POST") request += "content-length: " + std::to_string(body.size()) + "\r\n";
  connection.send(request + "\r\n" + body);
  const auto text = connection.read_until("");
  HttpAnswer answer;
  const auto head = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || head == std::string::npos) return answer;
  answer.status = std::stoi(text.substr(9, 3));
  answer.body = text.substr(head + 4);
  std::istringstream lines(text.substr(0, head));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    auto name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    answer.headers[name] = line.substr(colon + 2);
  }
  return answer;
}

double sample(const std::string& metrics, const std::string& name) {
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nan("");
}

}  // namespace tributary::test
