#pragma once

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/connection.hpp"
#include "redis/command.hpp"

namespace tributary::bench {

/// Reads the messages of one channel, in place and as cheaply as can be: what the opponents of the
/// benchmark share.
class Subscription {
 public:
  Subscription(const std::string& address, const std::string& channel)
      : connection_(address), prefix_("*3\r\n$7\r\nmessage\r\n"), buffer_((512 << 10) + kPadding) {
    redis::append_argument(prefix_, channel);
    std::string command;
    redis::append_command(command, {"SUBSCRIBE", channel});
    connection_.send(command);
    constexpr std::string_view kConfirmed = ":1\r\n";
    while (unread().find(kConfirmed) == std::string_view::npos) fill();
    begin_ += unread().find(kConfirmed) + kConfirmed.size();
  }

  /// Waits for messages, then calls take(payload) for each that is there whole, up to `limit` of them; what
  /// is left comes at the next call. The views are valid during the call.
  template <class Take>
  void read(std::size_t limit, const Take& take) {
    for (std::size_t taken = 0;; fill()) {
      for (; taken < limit; ++taken) {
        const auto rest = unread();
        if (rest.size() <= prefix_.size()) break;
        std::size_t length = 0;
        const auto end =
            std::from_chars(rest.data() + prefix_.size() + 1, rest.data() + rest.size(), length).ptr;
        const auto header = static_cast<std::size_t>(end - rest.data()) + 2;
        if (rest.size() < header + length + 2) break;
        take(rest.substr(header, length));
        begin_ += header + length + 2;
      }
      if (taken > 0) return;
    }
  }

 private:
  std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (buffer_.size() - kPadding - end_ < kLeastRoom) buffer_.resize(buffer_.size() * 2);
    end_ +=
        connection_.receive(buffer_.data() + end_, buffer_.size() - kPadding - end_, Connection::Wait::yes);
  }

  static constexpr std::size_t kLeastRoom = 64 << 10;
  static constexpr std::size_t kPadding = 64;  // that parsers may read behind a payload
  Connection connection_;
  std::string prefix_;  // every byte of a message before its payload's length
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was not read yet
};

/// The string of the member `name`, as it stands between its quotes: enough for the benchmark's own payloads
/// {"message_id":"...","data":"..."}, and much less work than reading JSON. Empty if it is not there.
inline std::string_view member(std::string_view payload, std::string_view name) {
  const auto key = payload.find(name);
  if (key == std::string_view::npos) return {};
  const auto begin = payload.find('"', key + name.size()) + 1;
  return payload.substr(begin, payload.find('"', begin) - begin);
}

/// Writes XADDs of what tributary appends: message_id, data if the payload has some, consumer_id,
/// processed, position.
class EntryWriter {
 public:
  EntryWriter(std::string_view stream, std::string_view consumer) {
    std::string key;
    redis::append_argument(key, stream);
    const auto start = "\r\n$4\r\nXADD\r\n" + key + "$1\r\n*\r\n$10\r\nmessage_id\r\n$36\r\n";
    plain_start_ = "*11" + start;
    data_start_ = "*13" + start;
    end_ = "\r\n$11\r\nconsumer_id\r\n";
    redis::append_argument(end_, consumer);
    end_ += "$9\r\nprocessed\r\n$1\r\n1\r\n$8\r\nposition\r\n";
  }

  void write(std::string& out, std::string_view payload, std::uint64_t number) const {
    const auto data = payload.size() > kLongestPlain ? member(payload, "\"data\":") : std::string_view();
    out += data.empty() ? plain_start_ : data_start_;
    out += member(payload, "\"message_id\":");  // always a UUID
    if (!data.empty()) {
      out += "\r\n$4\r\ndata\r\n";
      redis::append_argument(out, data);
      out.resize(out.size() - 2);
    }
    out += end_;
    char position[40] = "1.000000:";
    const auto position_end = std::to_chars(position + 9, position + sizeof position, number).ptr;
    redis::append_argument(out, {position, static_cast<std::size_t>(position_end - position)});
  }

 private:
  static constexpr std::size_t kLongestPlain = 53;  // {"message_id":"<uuid>"}
  std::string plain_start_, data_start_, end_;
};

}  // namespace tributary::bench
