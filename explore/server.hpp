#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.hpp"
#include "explore/calls.hpp"
#include "explore/digest.hpp"
#include "explore/history.hpp"
#include "explore/pool.hpp"
#include "sim/redis/keyspace.hpp"
#include "sim/redis/loss_line.hpp"
#include "sim/redis/simulated_redis.hpp"
#include "sim/redis/transaction.hpp"

namespace tributary::explore {

inline constexpr char kGroup[] = "out";
const std::vector<std::string>& group_keys();

/// The data of the one Redis there is. Its clock stands still: what has a lease counts down instead. A value.
struct ServerData {
  sim::Keyspace data;
  std::map<std::string, TimeMs> leases;  ///< of keys: what is left
  std::string run_id, replication_id;

  std::string identity() const { return run_id + "/" + replication_id; }
  void digest(Digest& out) const;
};

/// One lane as the state has it.
struct Lane {
  std::string view, owner, end;
  std::uint32_t index = 0;
  std::uint64_t position = 0;
};

/// What the keyspace says, read without the code under test.
struct Facts {
  struct Entry {
    std::string view, message;
    std::uint64_t position = 0;
  };
  std::string nonce, view, leader;
  std::vector<std::string> members;  ///< of the current view
  std::vector<Lane> lanes;
  std::vector<Entry> entries;  ///< of the output stream
  std::vector<sim::LossLine> losses;

  explicit Facts(const ServerData& server);
  bool lists(const std::string& member) const;
  const Entry* find(const std::string& of, std::uint64_t position) const;
  bool appended(const std::string& of, std::uint64_t position) const { return find(of, position) != nullptr; }
  bool declared(const std::string& view, std::uint32_t lane, std::uint64_t position) const;
};

/// What a call did at the server.
struct Effects {
  Id server = 0;
  Id answer = 0;                       ///< an event for the caller
  std::vector<std::string> published;  ///< on the control channel
  std::vector<Facts::Entry> appended;
  std::vector<Lane> closed;  ///< as they were before
  bool swept = false;
  bool unsettled = false;  ///< what it appended is in, but no position moved
  std::string violation;
};

/// Runs the project's scripts on values.
class ScriptRunner final : sim::LuaEngine::Commands {
 public:
  /// `changes` build broken variants.
  explicit ScriptRunner(const std::vector<sim::Scripts::Change>& changes) : scripts_(changes) {}

  /// Runs the script on `server`; what it did, its answer, and the first thing about it that must not be.
  Effects run(ServerData& server, const Request& request, group::Answer& answer);

 private:
  sim::Reply command(sim::Arguments words) override;
  group::Answer run_transaction(const sim::CommitTransaction& commit, const std::vector<std::string>& keys,
                                bool settle_fails);

  sim::Scripts scripts_;
  ServerData* server_ = nullptr;
  std::vector<sim::Effect> effects_;
  std::vector<std::string> published_;
};

/// What holds in every state of the data; empty if all is well.
std::string wrong_in(const Facts& facts, const History& truth);

/// A beat passes: what its lease ran out of is gone.
void pass_time(ServerData& server, TimeMs beat_ms);
void remove(ServerData& server, const std::string& key);
/// A member's presence runs out.
void let_lapse(ServerData& server, const std::string& member);

}  // namespace tributary::explore
