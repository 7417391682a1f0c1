#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "embed/node_options.hpp"

namespace tributary::cli {

/// One bit each, so that an option can name the commands it belongs to.
enum class Command : unsigned {
  consume = 1,
  publish = 2,
  status = 4,
  verify = 8,
  demo = 16,
  agent = 32,
  scale = 64,
  pause = 128,
  resume = 256,
  stop = 512,
  dead_list = 1024,
  dead_show = 2048,
  dead_retry = 4096,
  dead_drop = 8192,
  bench = 16384,
  forget = 32768
};

enum class LogLevel { debug, info, warning, error, critical };

/// Bytes of the smallest payload with a "data" member.
inline constexpr std::uint64_t kLeastPaddedPayload = 63;
inline constexpr std::uint64_t kKeyBytes = 15;  ///< of the member "key"
inline constexpr std::uint32_t kMostPublishedKeys = 1'000'000;

/// Of `publish` (and of `demo`, which publishes too).
struct PublishSettings {
  std::chrono::milliseconds duration{60000};
  /// By flag, environment or file; else `count`, if set, alone says when to stop.
  bool duration_given = false;
  std::uint32_t batch_size = 1000;  ///< messages in one batch of the default manner
  std::uint64_t rate = 0;           ///< messages per second; 0: batches with pauses between
  std::uint64_t count = 0;          ///< stop after so many; 0: no such limit
  std::uint64_t payload_size = 0;   ///< bytes of each payload, at least kLeastPaddedPayload; 0: as they come
  std::uint32_t keys = 0;           ///< each message has one of so many, at most kMostPublishedKeys; 0: none
  std::string ledger;               ///< file to record in; empty: none
  bool keep_going = false;          ///< reconnect when Redis goes away
  std::uint32_t repeat = 0;         ///< percent of messages that have the id of one shortly before
};

struct VerifySettings {
  std::vector<std::string> ledgers;
  std::vector<std::string> receipts;
  bool order = false;             ///< a position that goes down within a view is a failure
  bool allow_unexpected = false;  ///< entries that no ledger or receipt knows are no failure
};

/// Of the commands that change the desired state of the whole group.
struct ControlSettings {
  std::string target;                        ///< scale: a number of consumers, or "auto"
  std::uint32_t minimum = 0;                 ///< of auto; 0: as it is
  std::uint32_t maximum = 0;                 ///< of auto; 0: as it is
  bool now = false;                          ///< stop: without draining
  std::optional<std::uint64_t> if_revision;  ///< change only what has this revision
  std::chrono::milliseconds wait{10000};     ///< until the group shows it; 0: do not wait
};

/// Of the commands that look at dead letters, retry or drop them: which ones, and how.
struct DeadSettings {
  std::vector<std::string> ids;             ///< empty: any
  std::string reason;                       ///< part of the reason; empty: any
  std::chrono::milliseconds older_than{0};  ///< 0: any
  std::chrono::milliseconds newer_than{0};  ///< 0: any
  std::uint64_t limit = 0;                  ///< the oldest so many; 0: all of them
  bool all = false;                         ///< retry, drop: said in place of a filter
  bool raw = false;                         ///< show: the payload's bytes and nothing else

  bool filtered() const {
    return !ids.empty() || !reason.empty() || older_than.count() > 0 || newer_than.count() > 0;
  }
};

struct BenchSettings {
  std::uint32_t nodes = 1;
  std::uint32_t pairs = 5;  ///< takes of each design
};

/// Everything a command needs to know, as read from flags, environment and configuration file. The initial
/// values are the defaults; declared/ says the names, bounds and meanings.
struct Settings : embed::NodeOptions {
  std::chrono::milliseconds monitoring_interval{3000};
  LogLevel log_level = LogLevel::info;
  bool log_json = false;        ///< else text
  std::string http;             ///< where to listen: address and port, or a Unix socket; empty: nowhere
  std::string http_token;       ///< whoever has it may do, not only look; empty: nobody may
  std::string http_token_file;  ///< that holds it, to be read again; empty: it cannot be
  bool json = false;
  bool watch = false;       ///< status: again and again
  bool all_groups = false;  ///< status: those that the server has

  PublishSettings publish;
  ControlSettings control;
  bool yes = false;  ///< dead drop, bench: do not ask
  DeadSettings dead;
  VerifySettings verify;
  BenchSettings bench;
  bool demo_tls = false;  ///< demo: a server that is reached by TLS
};

}  // namespace tributary::cli
