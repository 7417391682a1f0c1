#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/connection.hpp"
#include "bench/team.hpp"

namespace tributary::bench {

/// Nanoseconds of the steady clock.
std::int64_t nanoseconds_now();

/// {"message_id":"<uuid>"}, with `more` behind the id, e.g. R"(,"kind":"order")".
std::string message_with(const std::string& more = "");
/// The same with "data", of exactly `size` bytes if they are enough.
std::string message_of(std::size_t size);

/// Publishes such a message: the commands stand ready, only the digits of the ids change. The ids count up, so
/// that a message's number can be read off its id. Reads the answers.
class Publisher {
 public:
  /// With `keys`, the message has a member "key" of four digits, which becomes one of so many by turns.
  explicit Publisher(Team& team, const std::string& message = message_with(), std::uint64_t keys = 0);

  /// So many as fast as the server takes them, but never further ahead of the stream than what a subscriber
  /// with the server's default limits can be behind. Returns when all have been sent.
  void flat_out(std::uint64_t count);
  /// So many at this rate. Calls sent(number) just before each goes out, if given.
  void paced(std::uint64_t rate, std::uint64_t count, const std::function<void(std::uint64_t)>& sent = {});

  std::uint64_t published() const { return published_; }
  std::size_t payload_size() const { return payload_size_; }

 private:
  void send(std::size_t count);
  void read_answers();

  Team& team_;
  Connection connection_;
  std::string block_;             // PUBLISH commands
  std::size_t command_size_ = 0;  // of each
  std::size_t digits_at_ = 0;     // within each
  std::size_t key_at_ = 0;        // the same of the key
  std::uint64_t keys_ = 0;
  std::size_t payload_size_ = 0;
  std::uint64_t published_ = 0;
  std::uint64_t answered_ = 0;
};

/// The number of the message with this id.
std::uint64_t number_of(std::string_view id);

}  // namespace tributary::bench
