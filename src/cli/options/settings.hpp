#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "process/message_format.hpp"
#include "redis/endpoint.hpp"
#include "redis/inputs.hpp"

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
  bench = 16384
};

enum class LogLevel { debug, info, warning, error, critical };

/// Bytes of the smallest payload with a "data" member.
inline constexpr std::uint64_t kLeastPaddedPayload = 63;

/// Of `publish` (and of `demo`, which publishes too).
struct PublishSettings {
  std::chrono::milliseconds duration{60000};
  /// By flag, environment or file; else `count`, if set, alone says when to stop.
  bool duration_given = false;
  std::uint32_t batch_size = 1000;  ///< messages in one batch of the default manner
  std::uint64_t rate = 0;           ///< messages per second; 0: batches with pauses between
  std::uint64_t count = 0;          ///< stop after so many; 0: no such limit
  std::uint64_t payload_size = 0;   ///< bytes of each payload, at least kLeastPaddedPayload; 0: as they come
  std::string ledger;               ///< file to record in; empty: none
  bool keep_going = false;          ///< reconnect when Redis goes away
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
struct Settings {
  redis::Endpoint redis;
  /// consume: how long to wait for the server at start; 0: for ever.
  std::chrono::milliseconds connect_timeout{0};

  redis::Inputs inputs{{"messages:published"}, {}};
  bool channels_given = false;    ///< else patterns come in place of the default channel
  process::MessageFormat format;  ///< `channel` goes by the inputs
  std::string output_stream = "messages:processed";
  std::string consumers_list = "consumer:ids";
  std::uint64_t stream_maxlen = 0;  ///< entries, approximately; 0: not trimmed

  std::uint32_t consumers = 2;
  std::uint32_t capacity = 0;  ///< agent: its share of the group's consumers goes by it; 0: cores
  std::uint32_t processing_batch_size = 100;  ///< messages of a batch; a commit has at most five
  std::string processor = "stamp";
  std::chrono::milliseconds processing_timeout{0};  ///< 0: off
  std::uint32_t processing_retries = 3;
  std::uint32_t processor_window = 32;         ///< messages that are with a program at once, of each consumer
  std::uint64_t journal_limit = 256ULL << 20;  ///< bytes
  std::string receipts;                        ///< consume: file to record received messages in; empty: none

  std::chrono::milliseconds lease{2000};
  std::chrono::milliseconds beat{500};
  bool beat_given = false;  ///< else a quarter of the lease, if that is less than the default
  std::chrono::milliseconds replay_window{5000};
  bool replay_window_given = false;  ///< else as long as the lease makes it, if that is more than the default
  std::chrono::milliseconds idle_timeout{0};  ///< leave when nothing was received for so long; 0: off

  std::chrono::milliseconds monitoring_interval{3000};
  LogLevel log_level = LogLevel::info;
  bool json = false;
  bool watch = false;  ///< status: again and again

  PublishSettings publish;
  ControlSettings control;
  bool yes = false;  ///< dead drop, bench: do not ask
  DeadSettings dead;
  VerifySettings verify;
  BenchSettings bench;

  /// Name of the stream of messages that could not be processed.
  std::string dead_letter_stream() const { return output_stream + ":dead"; }
};

}  // namespace tributary::cli
