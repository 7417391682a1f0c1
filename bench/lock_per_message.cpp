// The usual way to have several workers and each message once: every worker receives everything, and takes a
// lock of its own for each message. SET NX EX 60 and GET in one pipeline for up to 100 messages, then the
// XADDs of those that were won. (It loses what it holds when it dies, and appends twice when a message comes
// again after a minute: it is here for its cost.) One process per worker.
//
//   lock_per_message <address> <channel> <stream> <worker id>     works until it is killed
#include <algorithm>
#include <cstdio>

#include "bench/subscription.hpp"

namespace {

using namespace tributary::bench;
using tributary::redis::append_command;

constexpr std::size_t kBatch = 100;

/// Answers of pipelined commands, line by line.
class Answers {
 public:
  explicit Answers(Connection& connection) : connection_(connection) {}

  std::string_view line() {
    for (;;) {
      const auto end = buffer_.find("\r\n", used_);
      if (end != std::string::npos) {
        const auto found = std::string_view(buffer_).substr(used_, end - used_);
        used_ = end + 2;
        return found;
      }
      buffer_.erase(0, used_);
      used_ = 0;
      char more[16384];
      buffer_.append(more, connection_.receive(more, sizeof more, Connection::Wait::yes));
    }
  }
  /// The next bulk string; empty if it is nil. Valid until the next call.
  std::string_view text() { return line() == "$-1" ? std::string_view() : line(); }

 private:
  Connection& connection_;
  std::string buffer_;
  std::size_t used_ = 0;
};

void work(const char* address, const char* channel, const char* stream, const std::string& worker) {
  Connection commands(address);
  Subscription subscription(address, channel);
  Answers answers(commands);
  const EntryWriter writer(stream, worker);
  std::string out;
  std::vector<std::string> batch;
  std::vector<bool> won;
  std::uint64_t received = 0;
  for (;;) {
    batch.clear();
    out.clear();
    subscription.read(kBatch, [&](std::string_view payload) {
      batch.emplace_back(payload);
      const auto key = "lock:" + std::string(member(payload, "\"message_id\":"));
      append_command(out, {"SET", key, worker, "NX", "EX", "60"});
      append_command(out, {"GET", key});
    });
    commands.send(out);
    won.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      answers.line();  // +OK or $-1: the lock's holder tells the same
      won.push_back(answers.text() == worker);
    }
    out.clear();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ++received;
      if (won[i]) writer.write(out, batch[i], received);
    }
    commands.send(out);
    for (const bool mine : won) {
      if (mine) answers.text();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: lock_per_message <address> <channel> <stream> <worker id>\n");
    return 64;
  }
  try {
    work(argv[1], argv[2], argv[3], argv[4]);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "lock_per_message: %s\n", failure.what());
  }
  return 69;
}
