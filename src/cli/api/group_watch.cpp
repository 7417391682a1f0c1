#include "cli/api/group_watch.hpp"

#include <utility>

#include "cli/group/group_reader.hpp"
#include "redis/group_keys.hpp"

namespace tributary::cli {
namespace {

constexpr TimeMs kFresh_ms = 950;  // who asks each second gets a new one
constexpr std::chrono::seconds kPatience{2};
constexpr std::size_t kLossesCounted = 500;  // with one reading
constexpr std::size_t kMostReasons = 20;

// What stands behind a colon differs from line to line.
std::string kind_of(const std::string& reason) { return reason.substr(0, reason.find(": ")); }

}  // namespace

GroupWatch::GroupWatch(redis::EventLoop& loop, GroupNode& node, const Settings& settings)
    : node_(node), settings_(settings), patience_(loop.context()) {
  node_.watch([this](const observe::GroupStatus& status) { on_status(status); });
}

void GroupWatch::read(Take take) {
  if (last_ && redis::EventLoop::now_ms() - last_at_ < kFresh_ms) return take(*last_);
  waiting_.push_back(std::move(take));
  if (std::exchange(reading_, true)) return;
  const auto& run = node_.run();
  if (run.ended() || !run.relay().connected()) {
    const auto why = run.not_ready();
    return finish(Error{ErrorKind::unavailable, why.empty() ? "there is no connection to Redis" : why});
  }
  patience_.expires_after(kPatience);
  patience_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && reading_) finish(Error{ErrorKind::unavailable, "no answer from Redis within 2 s"});
  });
  node_.run().ask_status();
}

// Also of readings that others asked for, so that the rate is always a recent one.
void GroupWatch::on_status(const observe::GroupStatus& status) {
  rate_now_ = rate_.read(status.entries_added, redis::EventLoop::now_ms());
  if (!reading_) return;
  if (!status.exists()) return finish(no_such_group(settings_));
  report_ = {};
  report_.group = name();
  report_.server = settings_.redis.display();
  report_.status = status;
  report_.rate = rate_now_;
  observe::confirm_silence(report_.status, before_);
  before_ = status;
  count_losses();
  ask_for_losses();
}

// A node needs no right to read these two, so what is refused is left out.
void GroupWatch::ask_for_losses() {
  if (report_.status.losses == 0) return ask_for_changes();
  node_.run().relay().ask(
      {"XREVRANGE", redis::loss_ledger_key(name()), "+", "-", "COUNT", std::to_string(kLossesShown)},
      [this](const redis::Reply& reply) {
        if (!reading_) return;
        report_.losses = losses_of(reply);
        std::ranges::reverse(report_.losses);
        ask_for_changes();
      });
}

void GroupWatch::ask_for_changes() {
  node_.run().relay().ask(
      {"XREVRANGE", redis::changes_key(name()), "+", "-", "COUNT", std::to_string(kChangesRead)},
      [this](const redis::Reply& reply) {
        if (!reading_) return;
        report_.take_changes(changes_of(reply));
        finish(std::move(report_));
      });
}

void GroupWatch::count_losses() {
  std::uint64_t counted = 0;
  for (const auto& [reason, count] : losses_by_reason_) counted += count;
  if (counting_ || counted >= report_.status.losses) return;
  counting_ = true;
  const auto from = last_loss_ == "-" ? last_loss_ : "(" + last_loss_;
  node_.run().relay().ask(
      {"XRANGE", redis::loss_ledger_key(name()), from, "+", "COUNT", std::to_string(kLossesCounted)},
      [this](const redis::Reply& reply) {
        counting_ = false;
        for (const auto& line : losses_of(reply)) {
          auto reason = kind_of(line.reason);
          const bool known = losses_by_reason_.contains(reason) || losses_by_reason_.size() < kMostReasons;
          ++losses_by_reason_[known ? std::move(reason) : std::string("other")];
          last_loss_ = line.id;
        }
      });
}

void GroupWatch::finish(Result<StatusReport> result) {
  reading_ = false;
  patience_.cancel();
  last_ = std::move(result);
  last_at_ = redis::EventLoop::now_ms();
  const auto told = *last_;
  for (const auto& take : std::exchange(waiting_, {})) take(told);
}

}  // namespace tributary::cli
