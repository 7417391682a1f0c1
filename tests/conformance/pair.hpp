#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/group/actions.hpp"
#include "sim/redis/simulated_redis.hpp"
#include "support/redis_server.hpp"
#include "support/test_client.hpp"

namespace tributary::test {

/// One thing done to both servers. In the words, "{id0}", "{id1}", ... stand for the identities that the real
/// server had since the beginning, in order; so a sequence can be repeated.
struct Operation {
  enum class Kind {
    script,    ///< of the project: `words` are its arguments
    settle,    ///< a commit with these arguments, but as a transaction, if it can be one
    command,   ///< of Redis
    identity,  ///< the data gets another history: a new replication id
  };
  Kind kind = Kind::command;
  group::Script script = group::Script::beat;
  std::vector<std::string> words;

  std::string text() const;
};

/// The simulated Redis and a real one, side by side.
class Pair final : sim::SimulatedRedis::Sink {
 public:
  static constexpr char kGroup[] = "out";
  static const std::vector<std::string>& keys();

  Pair();
  /// Empties both.
  void reset();
  /// Does it at both. Empty: both answered, published and hold the same; else what differs.
  std::string apply(const Operation& operation);

  const sim::Keyspace& data() const { return simulated_->data(); }
  /// The identity of now, in the form that operations take.
  std::string identity() const { return "{id" + std::to_string(identities_.size() - 1) + "}"; }
  std::size_t identities() const { return identities_.size(); }
  /// The first word of the last answer, if it was one of a script.
  const std::string& last_answer() const { return last_answer_; }
  /// Identities replaced by what stands for them.
  std::string masked(std::string text) const;

 private:
  void published(std::string_view channel, std::string_view message) override;
  void read_identity();
  std::string unmasked(std::string text) const;
  std::string compare_answers(const Operation& operation, const std::vector<std::string>& words);
  std::string compare_transactions(const sim::CommitTransaction& transaction,
                                   const std::vector<std::string>& keys);
  group::TransactionOutcome settle(const sim::CommitTransaction& transaction,
                                   const std::vector<std::string>& keys);
  std::string compare_published();
  std::string compare_data();
  std::string compare_presence();

  RedisServer server_;
  TestClient client_, subscriber_;
  sim::Scripts scripts_;
  std::unique_ptr<sim::SimulatedRedis> simulated_;
  std::vector<std::string> identities_;
  std::vector<std::string> published_;
  std::string last_answer_;
  int sentinel_ = 0;
};

}  // namespace tributary::test
