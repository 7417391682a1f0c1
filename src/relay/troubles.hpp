#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/group/actions.hpp"
#include "redis/endpoint.hpp"
#include "redis/server_error.hpp"
#include "relay/obstacle.hpp"

namespace tributary::relay {

/// Whatever keeps a node from working: no connection for commands, no subscription, commands that the server refuses. Says
/// each as an Obstacle, with what to do, as warnings; and as information when it is over.
class Troubles {
 public:
  using Tell = std::function<void(const group::Report&)>;
  enum class Call { commit, other };

  Troubles(const redis::Endpoint& endpoint, Tell tell);

  void no_connection(const Error& why, TimeMs now);
  void connected(TimeMs now);

  /// Told a moment later, and only if commands still get through: else the reason is the same, and said already.
  void no_subscription(const redis::Failure& why, bool commands_up, TimeMs now);
  void subscribed(TimeMs now);

  /// An answer to a call: the error in it, or empty if it was done.
  void answered(Call call, const std::string& error, TimeMs now);

  /// What the core reports: passed on, or taken as a word about one of these.
  void take(const group::Report& report, TimeMs now);

  /// Often.
  void remind(TimeMs now);

  /// What keeps it from working now; empty: nothing.
  std::string present() const;

  /// Why this node cannot work and no waiting helps: a right is missing, or its password is refused. Nothing: it may.
  std::optional<Error> beyond_help() const;

 private:
  void tell_subscription(group::Report::Level level, TimeMs now);
  void say(Event event, Event event_when_over, const std::optional<Obstacle::Line>& line);
  void say_connection(const std::optional<Obstacle::Line>& line) {
    say("not_connected"_event, "connected"_event, line);
  }
  void say_subscription(const std::optional<Obstacle::Line>& line) {
    say("not_subscribed"_event, "subscribed"_event, line);
  }
  void say_commands(const std::optional<Obstacle::Line>& line) {
    say("commands_refused"_event, "commands_accepted"_event, line);
  }

  redis::Endpoint endpoint_;
  Tell tell_;
  Obstacle connection_;
  Obstacle subscription_;
  Obstacle commands_;
  std::optional<Error> no_connection_;
  std::optional<redis::Failure> no_subscription_;
  std::optional<TimeMs> connected_again_at_;
  std::optional<TimeMs> untold_since_;  // what is in no_subscription_
  bool commits_refused_ = false;
  bool others_refused_ = false;
};

}  // namespace tributary::relay
