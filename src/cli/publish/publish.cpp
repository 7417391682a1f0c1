#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <optional>

#include "cli/audit/ledger.hpp"
#include "cli/commands.hpp"
#include "cli/publish/pace.hpp"
#include "cli/publish/publish_payload.hpp"
#include "cli/system/interrupt.hpp"
#include "cli/terminal/json_text.hpp"
#include "cli/terminal/logging.hpp"
#include "cli/terminal/output.hpp"
#include "cli/terminal/progress.hpp"
#include "embed/random_seed.hpp"
#include "redis/command.hpp"
#include "redis/event_loop.hpp"
#include "redis/server_error.hpp"
#include "redis/sync_client.hpp"
#include "relay/obstacle.hpp"

namespace tributary::cli {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMaxInFlight = 4000;          // messages sent whose answer was not read
constexpr std::size_t kMaxInFlightBytes = 4 << 20;  // of their payloads; at least one message is sent
constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr std::chrono::milliseconds kLongestRetry{2000};

struct Totals {
  std::uint64_t published = 0;  ///< sent; the unacknowledged ones may or may not have arrived
  std::uint64_t unacknowledged = 0;
  std::uint64_t reached_nobody = 0;
  double seconds = 0;
};

class Publisher {
 public:
  Publisher(const Settings& settings, redis::SyncClient client, std::optional<Ledger> ledger)
      : settings_(settings),
        client_(std::move(client)),
        ledger_(std::move(ledger)),
        random_(embed::random_seed()),
        payloads_(settings.publish.payload_size, settings.publish.keys),
        pace_(settings.publish, random_.next()),
        obstacle_("connected again to Redis at " + settings.redis.display()) {
    window_ = std::clamp<std::size_t>(kMaxInFlightBytes / payloads_.size(), 1, kMaxInFlight);
    for (const auto& channel : settings.inputs.channels) {
      auto& start = command_starts_.emplace_back();
      redis::append_command_header(start, 3);
      redis::append_argument(start, settings.inputs.sharded ? "SPUBLISH" : "PUBLISH");
      redis::append_argument(start, channel);
    }
  }

  /// Publishes until the pace says it is enough, or an interrupt. What was sent is in the ledger in any case.
  Status run();
  Totals totals() const { return totals_; }

 private:
  Pace::Time now() const { return steady_clock::now() - start_; }
  Status publish(std::uint64_t count);
  Status send(std::size_t count);
  Status collect(std::size_t leave_in_flight);
  Status reconnect(const Error& why);
  void abandon_in_flight();
  void record(const MessageId& id, std::optional<std::uint64_t> receivers);
  void show_progress();
  void say(const std::optional<relay::Obstacle::Line>& line);

  const Settings& settings_;
  redis::SyncClient client_;
  std::optional<Ledger> ledger_;
  Random random_;
  PayloadMaker payloads_;
  Pace pace_;
  std::size_t window_ = 1;
  std::vector<std::string> command_starts_;  // of each channel: they take turns
  std::size_t turn_ = 0;
  std::string commands_;
  std::deque<MessageId> in_flight_;
  Totals totals_;
  Progress progress_;
  relay::Obstacle obstacle_;
  steady_clock::time_point start_ = steady_clock::now();
};

Status Publisher::run() {
  Status outcome = Done{};
  for (;;) {
    const auto turn = pace_.turn(now(), totals_.published);
    if (turn.finished || interrupted()) break;
    outcome = publish(turn.messages);
    // With nothing to wait for, answers are read while the next messages are sent.
    if (outcome && turn.next > now()) outcome = collect(0);
    if (!outcome && settings_.publish.keep_going && outcome.error().kind != ErrorKind::no_permission) {
      outcome = reconnect(outcome.error());
    }
    if (!outcome) break;
    if (ledger_) {
      if (outcome = ledger_->flush_if_due(); !outcome) break;
    }
    show_progress();
    pause_for(turn.next - now());
  }
  if (outcome) outcome = collect(0);
  abandon_in_flight();
  totals_.seconds = std::chrono::duration<double>(now()).count();
  progress_.clear();
  if (ledger_) {
    if (auto flushed = ledger_->flush(); !flushed && outcome) outcome = flushed;
  }
  return outcome;
}

Status Publisher::publish(std::uint64_t count) {
  while (count > 0 && !interrupted()) {
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(count, std::max<std::size_t>(window_ / 2, 1)));
    if (auto room = collect(window_ - part); !room) return room;
    if (auto sent = send(part); !sent) return sent;
    count -= part;
  }
  return Done{};
}

Status Publisher::send(std::size_t count) {
  commands_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& id = in_flight_.emplace_back(random_uuid(random_));
    commands_ += command_starts_[turn_++ % command_starts_.size()];
    redis::append_argument(commands_, payloads_.make(id));
  }
  totals_.published += count;
  client_.append_formatted(commands_, count);
  return client_.flush();
}

Status Publisher::collect(std::size_t leave_in_flight) {
  std::optional<Error> refusal;
  while (in_flight_.size() > (refusal ? 0 : leave_in_flight)) {
    auto reply = client_.next();
    if (!reply) return reply.error();
    if (reply->is_error()) {  // certainly not published, so not counted and not recorded
      if (!refusal) refusal = redis::explain_server_error(client_.endpoint(), reply->text);
      --totals_.published;
      in_flight_.pop_front();
      continue;
    }
    const auto receivers = static_cast<std::uint64_t>(reply->integer);
    if (receivers == 0) ++totals_.reached_nobody;
    record(in_flight_.front(), receivers);
    in_flight_.pop_front();
  }
  if (refusal) return *refusal;
  return Done{};
}

void Publisher::record(const MessageId& id, std::optional<std::uint64_t> receivers) {
  if (ledger_) ledger_->record({view(id), receivers});
}

// Nobody knows whether these were published. They are never sent again.
void Publisher::abandon_in_flight() {
  for (const auto& id : in_flight_) record(id, std::nullopt);
  totals_.unacknowledged += in_flight_.size();
  in_flight_.clear();
}

Status Publisher::reconnect(const Error& why) {
  abandon_in_flight();
  say(obstacle_.noticed(why.message + "; trying again", redis::EventLoop::now_ms()));
  auto pause = kFirstRetry;
  while (!interrupted() && !pace_.turn(now(), totals_.published).finished) {
    pause_for(pause + std::chrono::milliseconds(random_.below(100)));
    pause = std::min(pause * 2, kLongestRetry);
    auto client = redis::SyncClient::connect(settings_.redis);
    if (client) {
      client_ = std::move(*client);
      pace_.skip_to(now(), totals_.published);
      say(obstacle_.gone(redis::EventLoop::now_ms()));
      return Done{};
    }
    if (client.error().kind == ErrorKind::no_permission) return client.error();
  }
  return Done{};
}

void Publisher::say(const std::optional<relay::Obstacle::Line>& line) {
  if (!line) return;
  progress_.clear();
  using Level = group::Report::Level;
  log({line->present ? Level::warning : Level::info,
       line->present ? "not_connected"_event : "connected"_event, line->text});
}

void Publisher::show_progress() {
  if (!progress_.due()) return;
  const double seconds = std::max(std::chrono::duration<double>(now()).count(), 0.001);
  progress_.show(pace_.fraction(now(), totals_.published),
                 fmt::format("{} published, {:.0f}/s", totals_.published,
                             static_cast<double>(totals_.published) / seconds));
}

void print_totals(const Settings& settings, const Totals& totals) {
  const double rate = totals.seconds > 0 ? static_cast<double>(totals.published) / totals.seconds : 0;
  if (settings.json) {
    boost::json::object result{{"published", totals.published},
                               {"seconds", totals.seconds},
                               {"per_second", rate},
                               {"reached_nobody", totals.reached_nobody},
                               {"unacknowledged", totals.unacknowledged}};
    print("{}\n", json_text(std::move(result)));
    return;
  }
  print("published {} messages in {:.1f} s ({:.0f}/s); {} reached nobody, {} unacknowledged\n",
        totals.published, totals.seconds, rate, totals.reached_nobody, totals.unacknowledged);
}

}  // namespace

Result<ExitCode> run_publish(const Settings& given) {
  auto settings = given;
  // Classic channels are read at the node that has the group, sharded ones belong to a node of their own.
  if (settings.inputs.sharded) settings.redis.key = settings.inputs.channels.front();
  auto client = redis::SyncClient::connect(settings.redis);
  if (!client) return client.error();
  std::optional<Ledger> ledger;
  if (!settings.publish.ledger.empty()) {
    auto created = Ledger::create(settings.publish.ledger);
    if (!created) return created.error();
    ledger.emplace(std::move(*created));
  }
  catch_interrupts();
  Publisher publisher(settings, std::move(*client), std::move(ledger));
  const auto outcome = publisher.run();
  print_totals(settings, publisher.totals());
  if (!outcome) return outcome.error();
  return interrupted() ? interrupted_code() : ExitCode::ok;
}

}  // namespace tributary::cli
