#include "bench/scraper.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace tributary::bench {
namespace {

constexpr std::chrono::milliseconds kInterval{1000}, kStep{20};
constexpr std::string_view kRequest = "GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

std::string answer_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) > 0) {
    char bytes[65536];
    for (ssize_t size = 0; (size = ::recv(socket, bytes, sizeof bytes, 0)) > 0;)
      answer.append(bytes, static_cast<std::size_t>(size));
  }
  ::close(socket);
  return answer;
}

}  // namespace

Scraper::Scraper(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) thread_ = std::thread([this] { scrape(); });
}

Scraper::~Scraper() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Scraper::scrape() {
  while (!stop_) {
    if (answer_of(path_).find("tributary_up{") == std::string::npos) failed_ = true;
    ++scrapes_;
    for (auto waited = kStep; waited < kInterval && !stop_; waited += kStep)
      std::this_thread::sleep_for(kStep);
  }
}

}  // namespace tributary::bench
