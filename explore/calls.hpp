#pragma once

#include <string>
#include <vector>

#include "core/group/actions.hpp"
#include "explore/digest.hpp"

namespace tributary::explore {

/// A call on its way to the server.
struct Request {
  group::CallId id = 0;
  group::AnyCall call;
  bool transaction = false;   ///< a commit that does not go by the script
  bool settle_fails = false;  ///< the disk fails before its last command

  void digest(Digest& out) const {
    const auto arguments = group::arguments_of(call);
    out.add(id)
        .add(static_cast<int>(group::script_of(call)))
        .add(transaction)
        .add(settle_fails)
        .add(arguments.size());
    for (const auto& argument : arguments) out.add(argument);
  }
};

/// Something that happens to a node.
struct Event {
  enum class Kind {
    connected,        ///< the command connection is up; `text`: identity of the server
    commands_lost,    ///< it ended
    subscribed,       ///< `text`: run id of the server
    subscriber_lost,  ///< also: an attempt failed
    data,             ///< `number`: the message
    control,          ///< `text`
    answer,           ///< `number`: the call
    time,             ///< one beat passed
    quiet_time,       ///< the same, with nothing under way to or from this node
    leave,
  };
  Kind kind = Kind::time;
  std::uint64_t number = 0;
  std::string text;
  group::Answer answer;

  void digest(Digest& out) const {
    out.add(static_cast<int>(kind))
        .add(number)
        .add(text)
        .add(static_cast<int>(answer.kind))
        .add(answer.error);
    out.add(answer.values.size());
    for (const auto& value : answer.values) out.add(value);
  }
};

}  // namespace tributary::explore
