#include "relay/troubles.hpp"

#include <utility>

#include "redis/server_error.hpp"

namespace tributary::relay {
namespace {

using Level = group::Report::Level;

}  // namespace

Troubles::Troubles(const redis::Endpoint& endpoint, Tell tell)
    : endpoint_(endpoint),
      tell_(std::move(tell)),
      connection_("connected to " + endpoint.display()),
      subscription_("subscribed"),
      commands_("commands are accepted again") {}

void Troubles::say(std::string_view event, std::string_view event_when_over,
                   const std::optional<Obstacle::Line>& line) {
  if (!line) return;
  tell_({line->present ? Level::warning : Level::info, line->present ? event : event_when_over, line->text});
}

void Troubles::no_connection(const Error& why, TimeMs now) {
  no_connection_ = why;
  say_connection(connection_.noticed(why.message + "; waiting for it", now));
}

void Troubles::connected(TimeMs now) {
  no_connection_.reset();
  commits_refused_ = others_refused_ = false;  // what was under way there is no more
  say_connection(connection_.gone(now));
}

void Troubles::no_subscription(const Error& why) {
  no_subscription_ = why;
  subscription_untold_ = true;
}

void Troubles::subscribed(TimeMs now) {
  no_subscription_.reset();
  subscription_untold_ = false;
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
  if (report.event == "no-answer" || report.event == "server-became-replica") {
    say_connection(connection_.noticed(report.text, now));
  } else if (report.event == "subscriber-dropped") {
    say_subscription(subscription_.noticed(report.text, now));
  } else if (report.event != "append-failed") {  // the answer that it speaks of was said
    tell_(report);
  }
}

void Troubles::remind(bool commands_up, TimeMs now) {
  if (std::exchange(subscription_untold_, false) && no_subscription_) {
    const auto text = "not subscribed: " + no_subscription_->message;
    if (commands_up) {
      say_subscription(subscription_.noticed(text, now));
    } else {
      tell_({Level::debug, "not-subscribed", text});
    }
  }
  say_connection(connection_.due(now));
  say_subscription(subscription_.due(now));
  say_commands(commands_.due(now));
}

std::optional<Error> Troubles::beyond_help() const {
  for (const auto* why : {&no_connection_, &no_subscription_}) {
    if (*why && (*why)->code == ExitCode::no_permission) return *why;
  }
  return std::nullopt;
}

}  // namespace tributary::relay
