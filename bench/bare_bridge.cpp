// The floor of cost: a bridge from a channel to a stream with no guarantee at all. One thread, one
// subscriber, pipelined XADD of the same four fields that tributary appends. No coordination, no parsing of
// JSON, no journal; what arrives while it is down is gone, and two of them append everything twice. Written
// as tightly as we can: what tributary is measured against.
//
//   bare_bridge <unix socket> <channel> <stream> <messages to carry>
//   Prints the seconds from the first message to the last answer, and its own CPU seconds.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <poll.h>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "redis/command.hpp"

namespace {

using tributary::redis::append_argument;
using tributary::redis::append_command;

constexpr std::size_t kMostUnanswered = 4096;

int connect_to(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  sockaddr generic{};
  static_assert(sizeof generic <= sizeof address);
  const auto* raw = static_cast<const void*>(&address);
  if (::connect(fd, static_cast<const sockaddr*>(raw), sizeof address) != 0) {
    std::perror("bare_bridge: connect");
    std::exit(69);
  }
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) std::exit(74);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// The value between the quotes behind the colon: the payloads of the benchmark are {"message_id":"..."} and
// more members.
std::string_view message_id(std::string_view payload) {
  const auto key = payload.find("\"message_id\"");
  if (key == std::string_view::npos) return {};
  const auto begin = payload.find('"', key + 12);
  const auto end = payload.find('"', begin + 1);
  return payload.substr(begin + 1, end - begin - 1);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: bare_bridge <unix socket> <channel> <stream> <messages>\n");
    return 64;
  }
  const std::string channel = argv[2], stream = argv[3];
  const auto wanted = std::strtoull(argv[4], nullptr, 10);
  const int subscriber = connect_to(argv[1]);
  const int commands = connect_to(argv[1]);
  std::string out;
  append_command(out, {"SUBSCRIBE", channel});
  send_all(subscriber, out);

  std::string prefix = "*3\r\n$7\r\nmessage\r\n";
  append_argument(prefix, channel);
  std::vector<char> in(512 << 10), answers(256 << 10);
  std::size_t filled = 0;
  bool subscribed = false;
  unsigned long long carried = 0, unanswered = 0;
  std::chrono::steady_clock::time_point start;

  const auto take_answers = [&](bool wait) {
    const auto size = ::recv(commands, answers.data(), answers.size(), wait ? 0 : MSG_DONTWAIT);
    for (ssize_t i = 0; i < size; ++i) unanswered -= answers[static_cast<std::size_t>(i)] == '$';
  };

  while (carried < wanted) {
    const auto size = ::recv(subscriber, in.data() + filled, in.size() - filled, 0);
    if (size <= 0) return 74;
    filled += static_cast<std::size_t>(size);
    std::string_view rest(in.data(), filled);
    if (!subscribed) {
      const auto end = rest.find(":1\r\n");
      if (end == std::string_view::npos) continue;
      rest.remove_prefix(end + 4);
      subscribed = true;
      std::puts("ready");
      std::fflush(stdout);
    }
    out.clear();
    while (rest.size() > prefix.size() + 1) {
      std::size_t length = 0;
      const char* digits = rest.data() + prefix.size() + 1;
      const auto [end, error] = std::from_chars(digits, rest.data() + rest.size(), length);
      const auto header = static_cast<std::size_t>(end - rest.data()) + 2;
      if (error != std::errc() || rest.size() < header + length + 2) break;
      if (carried == 0) start = std::chrono::steady_clock::now();
      char position[40] = "1.000000:";
      const auto position_end = std::to_chars(position + 9, position + sizeof position, ++carried).ptr;
      tributary::redis::append_command_header(out, 11);
      out += "$4\r\nXADD\r\n";
      append_argument(out, stream);
      out += "$1\r\n*\r\n$10\r\nmessage_id\r\n";
      append_argument(out, message_id(rest.substr(header, length)));
      out += "$11\r\nconsumer_id\r\n$13\r\nbare-bridge.1\r\n$9\r\nprocessed\r\n$1\r\n1\r\n$8\r\nposition\r\n";
      append_argument(out, {position, static_cast<std::size_t>(position_end - position)});
      ++unanswered;
      rest.remove_prefix(header + length + 2);
    }
    filled = rest.size();
    std::memmove(in.data(), rest.data(), filled);
    if (in.size() - filled < (64 << 10)) in.resize(in.size() * 2);
    if (!out.empty()) send_all(commands, out);
    take_answers(unanswered > kMostUnanswered);
    while (unanswered > kMostUnanswered) take_answers(true);
  }
  while (unanswered > 0) take_answers(true);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.4f seconds, %.0f messages/s, %.3f CPU seconds\n", seconds.count(),
              static_cast<double>(carried) / seconds.count(), cpu_seconds());
  return 0;
}
