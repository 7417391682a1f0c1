#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redis/reply.hpp"

struct redisContext;

namespace tributary::test {

/// A plain client of tests, on hiredis and nothing of ours but the reply type, so that tests do not trust the
/// code they test. Blocking; no call waits longer than 10 s. Connects when first used, and again after a lost
/// connection. A connection that fails or breaks is an error reply that starts with "CONNECTION". One thread
/// at a time.
class TestClient {
 public:
  using Command = std::vector<std::string>;

  explicit TestClient(std::string socket_path, std::string password = {});
  ~TestClient();
  TestClient(TestClient&&) noexcept;
  TestClient& operator=(TestClient&&) noexcept;
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  redis::Reply command(const Command& arguments);
  /// Sends all, then reads all answers.
  std::vector<redis::Reply> pipeline(const std::vector<Command>& commands);
  /// The next message of a channel subscribed to by command({"SUBSCRIBE", ...}); nothing after `bound`.
  std::optional<redis::Reply> receive(std::chrono::milliseconds bound);

  /// Shorthands; -1 and "" if the answer is of another type.
  std::int64_t integer(const Command& arguments);
  std::string text(const Command& arguments);

 private:
  struct Close {
    void operator()(redisContext* context) const;
  };
  bool connect(std::string& error);
  bool send(const Command& arguments);
  redis::Reply read();
  redis::Reply lost(const std::string& reason);

  std::string socket_path_;
  std::string password_;
  std::unique_ptr<redisContext, Close> context_;
};

}  // namespace tributary::test
