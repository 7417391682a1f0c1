#include "relay/troubles.hpp"

#include <utility>

#include "redis/server_error.hpp"

namespace tributary::relay {
namespace {

using Level = group::Report::Level;

// By then it is known whether the next attempt is refused, which is the better reason.
constexpr TimeMs kMayBeRefused_ms = 2000;

// A subscription to a server that restarted may end later than the other connection: one that does not read, for want
// of room, sees its end only once it reads again.
constexpr TimeMs kRestarted_ms = 10'000;

// A server that ends a subscription and nothing else has hardly any other reason.
constexpr std::string_view kCutOff =
    "; the other connection is still up, so more was probably under way than the server's "
    "client-output-buffer-limit pubsub allows: raise it. What was under way did not reach this node";

}  // namespace

Troubles::Troubles(const redis::Endpoint& endpoint, Tell tell)
    : endpoint_(endpoint),
      tell_(std::move(tell)),
      connection_("connected to " + endpoint.display()),
      subscription_("subscribed"),
      commands_("commands are accepted again") {}

void Troubles::say(Event event, Event event_when_over, const std::optional<Obstacle::Line>& line) {
  if (!line) return;
  tell_({line->present ? Level::warning : Level::info, line->present ? event : event_when_over, line->text});
}

void Troubles::no_connection(const Error& why, TimeMs now) {
  no_connection_ = why;
  if (std::exchange(untold_since_, std::nullopt)) tell_subscription(Level::debug, now);
  say_connection(connection_.noticed(why.message + "; waiting for it", now));
}

void Troubles::connected(TimeMs now) {
  no_connection_.reset();
  if (connection_.present()) connected_again_at_ = now;
  commits_refused_ = others_refused_ = false;  // what was under way there is no more
  say_connection(connection_.gone(now));
}

void Troubles::no_subscription(const redis::Failure& why, bool commands_up, TimeMs now) {
  no_subscription_ = why;
  untold_since_.reset();
  if (commands_up) {
    untold_since_ = now;
  } else {
    tell_subscription(Level::debug, now);  // for the same reason
  }
}

void Troubles::tell_subscription(Level level, TimeMs now) {
  const auto text = "not subscribed: " + no_subscription_->message;
  if (level == Level::debug) return tell_({level, "not_subscribed"_event, text});
  const bool restarted = connected_again_at_ && now - *connected_again_at_ < kRestarted_ms;
  const auto guess = no_subscription_->cut && !restarted ? kCutOff : std::string_view();
  say_subscription(subscription_.noticed(text + std::string(guess), now));
}

void Troubles::subscribed(TimeMs now) {
  if (std::exchange(untold_since_, std::nullopt)) tell_subscription(Level::warning, now);
  no_subscription_.reset();
  say_subscription(subscription_.gone(now));
}

void Troubles::answered(Call call, const std::string& error, TimeMs now) {
  (call == Call::commit ? commits_refused_ : others_refused_) = !error.empty();
  if (!error.empty()) {
    const auto what = redis::explain_server_error(endpoint_, error).message;
    say_commands(commands_.noticed("commands are refused, trying again: " + what, now));
  } else if (!commits_refused_ && !others_refused_) {
    say_commands(commands_.gone(now));
  }
}

void Troubles::take(const group::Report& report, TimeMs now) {
  if (report.event == "not_connected"_event) {
    say_connection(connection_.noticed(report.text, now));
  } else if (report.event == "not_subscribed"_event) {
    say_subscription(subscription_.noticed(report.text, now));
  } else if (report.event != "commands_refused"_event) {  // the answer that it speaks of was said
    tell_(report);
  }
}

void Troubles::remind(TimeMs now) {
  if (untold_since_ && (!no_subscription_->cut || now - *untold_since_ >= kMayBeRefused_ms)) {
    untold_since_.reset();
    tell_subscription(Level::warning, now);
  }
  say_connection(connection_.due(now));
  say_subscription(subscription_.due(now));
  say_commands(commands_.due(now));
}

std::string Troubles::present() const {
  if (no_connection_) return no_connection_->message;
  if (no_subscription_) return "not subscribed: " + no_subscription_->message;
  return commands_.reason();
}

std::optional<Error> Troubles::beyond_help() const {
  if (no_connection_ && no_connection_->kind == ErrorKind::no_permission) return no_connection_;
  if (no_subscription_ && no_subscription_->kind == ErrorKind::no_permission) return *no_subscription_;
  return std::nullopt;
}

}  // namespace tributary::relay
