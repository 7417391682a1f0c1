#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tributary/error.hpp"
#include "tributary/processor.hpp"

#define TRIBUTARY_API __attribute__((visibility("default")))

namespace tributary {

enum class LogLevel { debug, info, warning, error };

/// What a consumer goes by: the settings of `tributary consume` under their names, with its defaults and bounds.
/// docs/settings.md says more of each. All members of a group must agree on the inputs, format, id member, lease and
/// replay window; `tributary consume` may be among them.
struct ConsumerSettings {
  /// redis://[user[:password]@]host[:port][/database], rediss:// for the same with TLS,
  /// redis+sentinel://[user[:password]@]host[:port],host[:port].../primary[/database], or unix:///path?db=database. If given,
  /// it wins over host and port.
  std::string redis_url;
  std::string redis_host = "localhost";
  std::uint16_t redis_port = 6379;
  /// These win over what the URL says, if given.
  std::string redis_username;
  std::string redis_password;
  std::string redis_password_file;  ///< holds the password and nothing else; read again for each connection
  std::optional<std::uint32_t> redis_db;
  bool redis_tls = false;                       ///< as rediss:// does
  std::string redis_ca_file, redis_ca_path;     ///< whom to trust; both empty: whom the system trusts
  std::string redis_cert_file, redis_key_file;  ///< who we are, if the server wants to know
  std::string redis_tls_name;                   ///< that the server's certificate is for; empty: the host
  bool redis_tls_insecure = false;              ///< encrypts, and checks nothing
  std::string sentinel_username;                ///< who we are at the Sentinels, if the URL names any
  std::string sentinel_password, sentinel_password_file;
  std::chrono::milliseconds connect_timeout{0};  ///< for the server at start; 0: waits for ever

  /// Channels by name, and all that match a pattern ("orders.*"). If there is neither: messages:published.
  std::vector<std::string> input_channels;
  std::vector<std::string> input_patterns;
  /// sharded: SSUBSCRIBE in place of SUBSCRIBE, for publishers that use SPUBLISH. In a cluster the channels must fall into the
  /// slot of the output stream.
  enum class PubSub { classic, sharded };
  PubSub pubsub = PubSub::classic;
  enum class Format { json, raw };
  Format format = Format::json;
  std::string id_member = "message_id";  ///< a name, a JSON pointer such as /meta/id, or "none"
  /// Messages with the same are kept in order: a member, a JSON pointer such as /meta/user, or "channel". Empty: none are.
  std::string order_key;
  enum class Entry { members, payload };
  Entry entry = Entry::members;  ///< what an entry holds of a message
  /// Also names the group. Empty: messages:processed; of a sharded channel orders: {orders}:processed.
  std::string output_stream;
  std::uint64_t stream_maxlen = 0;            ///< entries, about; 0: not trimmed
  std::chrono::milliseconds dedup_window{0};  ///< within which nothing is appended twice by id; 0: off
  std::uint64_t dedup_limit = 2'000'000;      ///< ids kept for that, about
  std::string receipts;                       ///< file, for `tributary verify`; empty: none

  std::uint32_t consumers = 2;
  std::string consumers_list = "consumer:ids";
  std::uint32_t processing_batch_size = 100;  ///< messages
  /// What processes if the consumer is given no factory: "exec:COMMAND", "lua:FILE", "https://..."; see
  /// `tributary consume --help`. exec makes the process ignore SIGPIPE.
  std::string processor = "stamp";
  std::uint32_t processor_window = 32;              ///< messages that are with the program of exec at once
  std::chrono::milliseconds processing_timeout{0};  ///< for one message; 0: none
  static constexpr std::uint32_t kUnlimited = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t processing_retries =
      3;  ///< then it is a dead letter; kUnlimited: only if the processor may block

  std::chrono::milliseconds lease{2000};
  std::optional<std::chrono::milliseconds> beat;  ///< by default 500 ms, at most a quarter of the lease
  std::optional<std::chrono::milliseconds> replay_window;  ///< by default 5 s, at least two leases and a beat
  std::uint64_t journal_limit = 256ULL << 20;              ///< bytes
  std::string journal_dir;  ///< keep what is received in files there, too; empty: in memory alone
  std::chrono::milliseconds journal_sync{
      0};  ///< time between writes to the disk itself; 0: as the system does
  std::chrono::milliseconds journal_grace{
      600'000};  ///< for so long the group waits for the journal of a node that died
  std::chrono::milliseconds idle_timeout{0};  ///< ends when nothing was received for so long; 0: never

  /// Takes each line of the log. Called by any of the consumer's threads, perhaps by several at once; must neither block
  /// nor throw. Nothing: nobody is told.
  std::function<void(LogLevel level, std::string_view line)> log;
};

/// `tributary consume` as a part of somebody's program: one node of a group. It carries each message that is published
/// while somebody is in the group into the output stream exactly once, whoever of the group dies, and processes each at
/// least once. Any number of them may be in one process. It installs no signal handlers, prints nothing, and has no state
/// outside of itself.
///
/// An invariant of its own that is broken, which should never happen, ends the process.
class TRIBUTARY_API Consumer {
 public:
  /// `processors` makes a processor for each consumer. Without it the settings say what processes.
  explicit Consumer(ConsumerSettings settings, ProcessorFactory processors = {});
  /// run() must have returned, if it was called.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// Joins the group and works, on this thread and, if the processor may block, one more for each consumer. Reconnects
  /// for as long as it takes. Returns nothing when it has left in good order: after stop() or stop_now(), when it was idle
  /// for too long, or when the group was stopped. Else the error that ended it: wrong settings, a server that cannot be
  /// reached or used. To be called once.
  [[nodiscard]] std::optional<Error> run();

  /// Makes run() finish what it can, hand over the rest and return, within about 30 s. At once if it has not been called
  /// yet. Any thread, also a signal handler.
  void stop() noexcept;
  /// Makes run() return within about 2 s, plus 2 s if the processor hangs. What is not committed is left to the rest of the
  /// group; without any, it is recorded as lost. Any thread, also a signal handler.
  void stop_now() noexcept;

  /// After run(): threads hang in the processor. They were left behind and may still use what the processor uses.
  [[nodiscard]] bool threads_left() const { return threads_left_; }

 private:
  enum class Wish { none, leave, leave_now };

  ConsumerSettings settings_;
  ProcessorFactory processors_;
  std::atomic<Wish> wish_{Wish::none};
  bool threads_left_ = false;
};

}  // namespace tributary
