#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

/// What the core asks of the world, and what the world answers. The core gives orders; the shell carries them
/// out and reports back; neither side waits for the other.
namespace tributary::group {

/// The scripts by name. What each does, takes and answers stands at its head (src/redis/scripts).
enum class Script { join, beat, install, claim, sweep, leave, revive, declare, commit, status };

using CallId = std::uint64_t;

/// Run a script with these arguments (all of ARGV). Calls must reach the server in the order they were given.
/// Exactly one on_answer() is owed for each.
struct Call {
  CallId id = 0;
  Script script = Script::beat;
  std::vector<std::string> arguments;
};

/// Connect a subscriber, wait until the server is ready, subscribe to data and control channel on that one
/// connection, then report on_subscribed().
struct ConnectSubscriber {};

/// End these connections, now. on_subscriber_lost() / on_commands_lost() are not owed for what the core ends
/// itself.
struct DropConnections {
  bool subscriber = false;
  bool commands = false;
};

/// Tell the operator.
struct Report {
  enum class Level { debug, info, warning, error };
  Level level = Level::info;
  std::string text;
};

/// The node is done: after leaving, or because it must not go on.
struct Finish {
  std::optional<Error> error;
};

using Action = std::variant<Call, ConnectSubscriber, DropConnections, Report, Finish>;

/// How a call ended.
struct Answer {
  enum class Kind {
    values,   ///< the script ran and gave these
    refused,  ///< the server said no before doing anything (`error`); may be tried again
    unknown,  ///< connection lost or time-out: it may have been done, or may yet be
  };
  Kind kind = Kind::unknown;
  std::vector<std::string> values;
  std::string error;

  const std::string& status() const {
    static const std::string kNone;
    return values.empty() ? kNone : values.front();
  }
};

}  // namespace tributary::group
