#include <fmt/format.h>

#include <utility>

#include "cli/api/api.hpp"
#include "cli/api/command_request.hpp"
#include "cli/api/letters_json.hpp"
#include "cli/api/responses.hpp"
#include "cli/control/control.hpp"
#include "cli/dead/dead_actions.hpp"
#include "cli/options/entry_id.hpp"
#include "cli/options/options.hpp"
#include "cli/terminal/json_text.hpp"
#include "cli/terminal/logging.hpp"
#include "core/base/event.hpp"
#include "core/base/safe_text.hpp"
#include "embed/process_name.hpp"
#include "http/guard.hpp"
#include "redis/password.hpp"
#include "redis/scripts.hpp"

// What a node shows, and does, only for those who have the token; and dead letters without their payloads for anybody.
namespace tributary::cli {
namespace {

using Level = group::Report::Level;

constexpr std::chrono::seconds kWrongTokenDelay{1};
constexpr TimeMs kBetweenWarnings_ms = 10'000;
constexpr int kLettersShown = 100;
constexpr int kLettersRead = 1000;  // for their reasons
constexpr int kPayloadShown = 16384;

// A new one needs no restart.
Result<std::string> token_now(const Settings& settings) {
  if (settings.http_token_file.empty()) return settings.http_token;
  auto file = redis::read_password_file(settings.http_token_file, true);
  if (!file) return Error{ErrorKind::unavailable, "--http-token-file " + file.error().message};
  if (file->password.size() < http::kShortestToken)
    return Error{ErrorKind::unavailable,
                 "--http-token-file " + settings.http_token_file + " holds a token that is too short"};
  return std::move(file->password);
}

http::Response outcome_response(const Outcome& outcome) {
  boost::json::array said;
  for (const auto& line : outcome.said) said.push_back(json_or_null(line));
  const bool done = outcome.result && outcome.result.value() == ExitCode::ok;
  const auto error =
      outcome.result ? boost::json::value(nullptr) : json_or_null(outcome.result.error().message);
  return {outcome.result ? 200 : status_of(outcome.result.error().kind),
          http::kJson,
          json_text({{"ok", done}, {"said", std::move(said)}, {"error", error}}) + "\n",
          {},
          {}};
}

Result<ExitCode> run(Command command, const Settings& settings, const Caller& caller) {
  if (command == Command::dead_retry) return retry_letters(settings, caller);
  if (command == Command::dead_drop) return drop_letters(settings, caller);
  return change_group(command, settings, caller);
}

}  // namespace

// Whether there is anything to do here, and whether the token is the right one.
void Api::access(const http::Request& request, const http::Answer& answer) {
  const bool controls = !settings_.http_token.empty();
  const bool asks = !request.header("authorization").empty();
  if (asks && !may(request, answer)) return;
  answer({200, http::kJson, json_text({{"controls", controls}, {"token", asks}}) + "\n", {}, {}});
}

bool Api::may(const http::Request& request, const http::Answer& answer) {
  if (settings_.http_token.empty()) {
    answer(http::error_response(404, "this is there only with --http-token-file"));
    return false;
  }
  const auto token = token_now(settings_);
  if (!token) {
    if (is_time_to_tell())
      log({Level::warning, "http_token_unreadable"_event, "http: " + token.error().message});
    answer(http::error_response(503, token.error().message));
    return false;
  }
  if (http::same_token(http::token_of(request), token.value())) return true;
  refuse_token(request, answer);
  return false;
}

// So that nobody fills the log.
bool Api::is_time_to_tell() {
  const auto now = redis::EventLoop::now_ms();
  if (told_wrong_at_ > 0 && now - told_wrong_at_ <= kBetweenWarnings_ms) return false;
  told_wrong_at_ = now;
  return true;
}

// A wrong one takes its time, so that nobody tries many.
void Api::refuse_token(const http::Request& request, const http::Answer& answer) {
  auto refusal = http::error_response(401, "this needs the token: Authorization: Bearer TOKEN");
  refusal.headers.emplace_back("www-authenticate", "Bearer");
  if (request.header("authorization").empty()) return answer(std::move(refusal));
  ++wrong_tokens_;
  if (is_time_to_tell()) {
    log({Level::warning,
         "http_wrong_token"_event,
         fmt::format("http: a wrong token from {} ({} so far)", request.from, wrong_tokens_),
         {{"from", request.from}, {"so_far", wrong_tokens_}}});
  }
  loop_.after(kWrongTokenDelay, [answer, refusal] { answer(refusal); });
}

GroupWatch* Api::group_of(const http::Request& request, const http::Answer& answer) {
  const auto name = request.parameter("group");
  auto* const found = name.empty() && groups_.size() == 1 ? groups_.front().get() : find(name);
  if (found != nullptr) return found;
  answer(name.empty() ? http::error_response(400, "this process has several groups: say which by ?group=NAME")
                      : http::error_response(404, "this process has no node of group " + std::string(name)));
  return nullptr;
}

void Api::change(Command command, const http::Request& request, const http::Answer& answer) {
  if (request.method != "POST") {
    auto refusal = http::error_response(405, "this is done by POST");
    refusal.headers.emplace_back("allow", "POST");
    return answer(std::move(refusal));
  }
  if (settings_.http_token.empty()) return static_cast<void>(may(request, answer));
  if (auto refused = http::from_elsewhere(request)) return answer(*refused);
  if (!may(request, answer)) return;
  auto* const watch = group_of(request, answer);
  if (watch == nullptr) return;
  auto settings = read_command(command, request.body, watch->settings());
  if (!settings)
    return answer(http::error_response(status_of(settings.error().kind), settings.error().message));
  const auto who = fmt::format("http:{}@{}", request.from, embed::host_name());
  const auto what = fmt::format("{} of group {}", name_of(command), visible_text(watch->name()));
  const bool started = tasks_.start(
      who,
      [command, settings = std::move(*settings)](const Caller& caller) {
        return run(command, settings, caller);
      },
      [answer, what](const Outcome& outcome) {
        const auto last = outcome.said.empty() ? std::string("done") : outcome.said.front();
        const auto& said = outcome.result ? last : outcome.result.error().message;
        log({Level::info, "http_request_done"_event, fmt::format("http: {}: {}", what, said)});
        answer(outcome_response(outcome));
      });
  if (!started)
    return answer(http::error_response(409, "something else that was asked for is still being done"));
  log({Level::info, "http_request"_event, fmt::format("http: {}, for {}", what, who), {{"by", who}}});
}

void Api::dead(const http::Request& request, const http::Answer& answer) {
  auto* const watch = group_of(request, answer);
  if (watch == nullptr) return;
  read_letters(*watch, {std::to_string(kLettersShown), std::to_string(kLettersRead), "0", "-"}, answer,
               [watch](const redis::Reply& reply) {
                 return letters_json(reply, watch->node().run().relay().names().dead_letter_stream);
               });
}

// A payload is not for everybody who may see how a group is.
void Api::dead_show(const http::Request& request, const http::Answer& answer) {
  if (!may(request, answer)) return;
  auto* const watch = group_of(request, answer);
  if (watch == nullptr) return;
  const auto id = parse_entry_id(request.parameter("id"));
  if (!id) return answer(http::error_response(400, "id must be that of a dead letter"));
  read_letters(*watch, {"1", "1", std::to_string(kPayloadShown), id->text()}, answer,
               [](const redis::Reply& reply) { return letter_json(reply); });
}

void Api::read_letters(GroupWatch& watch, std::vector<std::string> arguments, const http::Answer& answer,
                       std::function<std::string(const redis::Reply&)> text) {
  auto& relay = watch.node().run().relay();
  std::vector<std::string> command{"EVAL", std::string(redis::letters_script().body), "1",
                                   relay.names().dead_letter_stream};
  command.insert(command.end(), std::make_move_iterator(arguments.begin()),
                 std::make_move_iterator(arguments.end()));
  relay.ask(command, [answer, text = std::move(text)](const redis::Reply& reply) {
    if (reply.is_error()) return answer(http::error_response(503, reply.text));
    const auto body = text(reply);
    if (body.empty()) return answer(http::error_response(404, "there is no such dead letter"));
    answer({200, http::kJson, body + "\n", {}, {}});
  });
}

}  // namespace tributary::cli
