#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/group/actions.hpp"
#include "core/group/transaction.hpp"
#include "sim/redis/keyspace.hpp"
#include "sim/redis/lua_engine.hpp"
#include "sim/redis/reply.hpp"
#include "sim/redis/transaction.hpp"

namespace tributary::sim {

/// The scripts of the project, compiled; made once, used by many servers in turn.
class Scripts {
 public:
  struct Change {
    std::string script, from, to;
  };

  /// `changes` are made to the texts first: that is how broken variants are built. Each must be found in its
  /// script, those of script "*" in some.
  explicit Scripts(const std::vector<Change>& changes = {});
  /// The texts, in the order of group::Script, settle.lua behind them.
  static std::vector<std::string> texts(const std::vector<Change>& changes);
  LuaEngine& engine() { return engine_; }
  std::size_t settle() const { return numbers_.back(); }
  std::size_t number(group::Script script) const { return numbers_[static_cast<std::size_t>(script)]; }
  /// Begins with "#!lua": where writes are refused, Redis does not even begin it.
  bool has_header(group::Script script) const { return headers_[static_cast<std::size_t>(script)]; }

 private:
  LuaEngine engine_;
  std::vector<std::size_t> numbers_;
  std::vector<bool> headers_;
};

const char* name_of(group::Script script);
/// All of ARGV for these arguments of a call: with the identity that the connection read, or - if the script reads it.
std::vector<std::string> with_identity(group::Script script, std::vector<std::string> arguments,
                                       const std::string& identity = "-");
/// In the core's words.
group::Answer answer_of(const Reply& reply);

/// What one script or command wrote, as it stands in the append-only file: there whole or not at all.
struct Transaction {
  std::int64_t time_ms = 0;
  std::vector<Effect> effects;
};

/// The data and scripts of one simulated Redis server, and the log of what was written, a prefix of which can
/// be loaded again. Who is connected to it is not its business: what is published goes to the sink.
class SimulatedRedis final : LuaEngine::Commands {
 public:
  /// Where published messages go, at that point of the order.
  struct Sink {
    virtual ~Sink() = default;
    virtual void published(std::string_view channel, std::string_view message) = 0;
  };

  SimulatedRedis(Scripts& scripts, Sink& sink) : scripts_(scripts), sink_(sink) {}
  /// Another with the same data, log and identity.
  SimulatedRedis(const SimulatedRedis& other, Sink& sink);

  std::int64_t now_ms() const { return now_ms_; }
  void set_time(std::int64_t now_ms) {
    now_ms_ = now_ms;
    data_.set_time(now_ms);
  }
  void set_identity(std::string run_id, std::string replication_id) {
    run_id_ = std::move(run_id);
    replication_id_ = std::move(replication_id);
  }
  std::string identity() const { return run_id_ + "/" + replication_id_; }

  /// Runs a script in one step. `refusal`: what the server answers to writes at present; empty
  /// if it takes them.
  Reply run(group::Script script, const std::vector<std::string>& keys, std::vector<std::string> arguments,
            const std::string& refusal = "");
  /// Runs a commit that comes as a transaction.
  group::TransactionOutcome run(const CommitTransaction& commit, const std::vector<std::string>& keys,
                                const std::string& refusal = "");
  /// Runs one command.
  Reply run(const std::vector<std::string>& command);

  const Keyspace& data() const { return data_; }
  const std::vector<Transaction>& log() const { return log_; }
  /// Loads the first `count` transactions; the rest never happened.
  void go_back(std::size_t count);
  /// The next XADD of a commit but `after` fails once, as on a server in trouble; negative: none does.
  void fail_append(int after) { fail_append_ = after; }
  /// The disk fails within the next transaction: settle is refused, what is before it was done.
  void fail_settle(bool fails) { fail_settle_ = fails; }

 private:
  Reply command(Arguments words) override;
  void end_transaction();

  Scripts& scripts_;
  Sink& sink_;
  Keyspace data_;
  std::vector<Transaction> log_;
  std::vector<Effect> effects_;
  std::string run_id_, replication_id_;
  std::int64_t now_ms_ = 0;
  int fail_append_ = -1;
  bool fail_settle_ = false;
  bool appending_ = false;
  bool may_append_ = true;
  std::string refusal_;
};

}  // namespace tributary::sim
