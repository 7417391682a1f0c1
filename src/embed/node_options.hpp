#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "process/message_format.hpp"
#include "redis/endpoint.hpp"
#include "redis/group_names.hpp"
#include "redis/inputs.hpp"

namespace tributary::embed {

/// What a node goes by, wherever it runs. The initial values are the defaults.
struct NodeOptions {
  redis::Endpoint redis;
  /// How long to wait for the server at start; 0: for ever.
  std::chrono::milliseconds connect_timeout{0};

  redis::Inputs inputs{{"messages:published"}, {}};
  bool channels_given = false;    ///< else patterns come in place of the default channel
  process::MessageFormat format;  ///< `channel` goes by the inputs
  std::string order_key;          ///< a member, a JSON pointer or "channel"; empty: messages are in no order
  std::string output_stream = "messages:processed";
  bool stream_given = false;  ///< else that of a sharded channel goes by its name
  std::string consumers_list = "consumer:ids";
  std::uint64_t stream_maxlen = 0;            ///< entries, approximately; 0: not trimmed
  std::chrono::milliseconds dedup_window{0};  ///< within which nothing is appended twice by id; 0: off
  std::uint64_t dedup_limit = 2'000'000;      ///< ids kept for that, about

  std::uint32_t consumers = 2;
  std::uint32_t capacity = 0;  ///< agent: its share of the group's consumers goes by it; 0: cores
  std::uint32_t processing_batch_size = 100;  ///< messages of a batch; a commit has at most five
  std::string processor = "stamp";
  std::chrono::milliseconds processing_timeout{0};  ///< 0: off
  std::uint32_t processing_retries = 3;
  std::uint32_t processor_window = 32;         ///< messages that are with a program at once, of each consumer
  std::uint64_t journal_limit = 256ULL << 20;  ///< bytes
  std::string journal_dir;                     ///< where journals are kept; empty: in memory alone
  std::chrono::milliseconds journal_sync{
      0};  ///< time between writes to the disk itself; 0: as the system likes
  std::chrono::milliseconds journal_grace{
      600'000};          ///< for so long the group waits for a journal whose node died
  std::string receipts;  ///< file to record received messages in; empty: none

  std::chrono::milliseconds lease{2000};
  std::chrono::milliseconds beat{500};
  bool beat_given = false;  ///< else a quarter of the lease, if that is less than the default
  std::chrono::milliseconds replay_window{5000};
  bool replay_window_given = false;  ///< else as long as the lease makes it, if that is more than the default
  std::chrono::milliseconds idle_timeout{0};  ///< leave when nothing was received for so long; 0: off

  bool in_cluster = false;  ///< found out, not set

  /// Name of the stream of messages that could not be processed.
  std::string dead_letter_stream() const {
    return redis::group_names(output_stream, consumers_list, in_cluster).dead_letter_stream;
  }
};

/// How whoever sets an option calls it: of "replay-window" for example "--replay-window".
using OptionNaming = std::string (*)(std::string_view option);

/// Sorts names of channels or patterns, so that all nodes mean the same by them. What is wrong with them, if anything,
/// goes on from their option's name: "has "a" twice".
std::optional<std::string> sort_names(std::vector<std::string>& names);

/// What is wrong with the name or JSON pointer of the id member; goes on from the option's name.
std::optional<std::string> wrong_id_member(std::string_view name);

/// What is wrong with what messages are to be in order by; goes on from the option's name.
std::optional<std::string> wrong_order_key(std::string_view name);

/// Settles what nobody set and what goes by another option.
void derive(NodeOptions& options);

/// What is wrong between options that are each fine by themselves; one line, or nothing.
std::optional<std::string> contradiction(const NodeOptions& options, OptionNaming called);

/// What is wrong with how the connection is to be encrypted; one line, or nothing. For any command.
std::optional<std::string> wrong_tls(const redis::Endpoint& redis, OptionNaming called);

}  // namespace tributary::embed
