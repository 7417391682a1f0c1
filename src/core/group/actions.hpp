#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/event.hpp"
#include "core/group/calls.hpp"

/// What the core asks of the world. The core gives orders; the shell carries them out and reports back;
/// neither side waits for the other.
namespace tributary::group {

using CallId = std::uint64_t;

/// Run the call's script with its arguments. Calls must reach the server in the order they were given.
/// Exactly one on_answer() is owed for each.
struct MakeCall {
  CallId id = 0;
  AnyCall call;
};

/// Connect a subscriber, wait until the server is ready, subscribe to data and control channel on that one
/// connection, then report on_subscribed().
struct ConnectSubscriber {};

/// End these connections, now. on_subscriber_lost() / on_commands_lost() are not owed for what the
/// core ends itself.
struct DropConnections {
  bool subscriber = false;
  bool commands = false;
};

/// What the text of a report says in words, for programs. `name` is a literal.
struct Figure {
  std::string_view name;
  std::variant<std::uint64_t, std::string> value;
};

/// Tell the operator.
struct Report {
  enum class Level { debug, info, warning, error };
  Level level = Level::info;
  Event event;
  std::string text;
  std::vector<Figure> figures = {};
};

/// Expelled twice within a minute because its messages differ from another member's.
struct Mismatch {
  MemberId member;
  std::string why;
};

/// A right was taken away; of what this node did before nothing is left undone because of it.
struct LostRight {
  std::string error;
};

/// A transaction was done in part, so entries may be in the stream twice.
struct DoneInPart {
  std::string error;
};

/// Why a node must not go on.
using Ending = std::variant<Unreadable, WrongType, ListInUse, OtherProtocol, OtherFingerprint, Mismatch,
                            LostRight, DoneInPart>;

/// The node is done: after leaving, or because it must not go on.
struct Finish {
  std::optional<Ending> why;
};

using Action = std::variant<MakeCall, ConnectSubscriber, DropConnections, Report, Finish>;

}  // namespace tributary::group
