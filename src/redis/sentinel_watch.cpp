#include "redis/sentinel_watch.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "redis/connection.hpp"
#include "redis/sentinel.hpp"

namespace tributary::redis {
namespace {

constexpr std::chrono::milliseconds kLookInterval{500};
constexpr TimeMs kRetry_ms = 1000;       // of a Sentinel that cannot be reached
constexpr TimeMs kNoAnswer_ms = 2000;    // then its connection is given up
constexpr TimeMs kOtherWords_ms = 300;   // how long the first answer waits for those of the others
constexpr TimeMs kWordCounts_ms = 3000;  // what a Sentinel said longer ago counts no more
constexpr TimeMs kGiveUp_ms = 3000;      // no answer at all

// One of them, and what it said last.
class Sentinel final : CommandConnection::Handler {
 public:
  Sentinel(EventLoop& loop, const Endpoint& server, std::size_t index, std::function<void()> changed)
      : server_(server),
        endpoint_(sentinel_endpoint(server, index)),
        changed_(std::move(changed)),
        connection_(loop, *this) {}

  void ask(TimeMs now, bool urgent) {
    if (pending_) {
      if (connection_.ready() && now - since_ > kNoAnswer_ms) give_up(unreachable(endpoint_, "no answer"));
      return;
    }
    if (!connection_.ready()) {
      if (!urgent && trouble_ && now - since_ < kRetry_ms) return;
      pending_ = true;
      since_ = now;
      return connection_.open(endpoint_);
    }
    pending_ = true;
    since_ = now;
    answers_.clear();
    for (std::size_t i = 1; i < kPrimaryAnswers; ++i) connection_.command(i);
    connection_.command(kPrimaryAnswers) += primary_questions(server_);
    connection_.flush();
  }
  void stop() {
    connection_.close();
    pending_ = false;
  }
  bool pending() const { return pending_; }
  const std::optional<Error>& trouble() const { return trouble_; }
  /// What it said lately.
  const PrimaryAddress* word(TimeMs now) const {
    return word_ && now - said_at_ < kWordCounts_ms ? &*word_ : nullptr;
  }

 private:
  void on_commands_ready(const ServerFacts& facts) override {
    facts_ = facts;
    if (auto none = explain_no_sentinel(facts, endpoint_)) return give_up(*none);
    pending_ = false;
    ask(EventLoop::now_ms(), true);
  }
  void on_reply(std::uint64_t, Reply&& reply) override {
    answers_.push_back(std::move(reply));
    if (answers_.size() < kPrimaryAnswers) return;
    pending_ = false;
    auto primary = read_primary(answers_, facts_, server_, endpoint_);
    if (!primary) return give_up(primary.error());
    trouble_.reset();
    word_ = *primary;
    said_at_ = EventLoop::now_ms();
    changed_();
  }
  void on_commands_down(const Failure& failure) override { give_up(failure); }

  void give_up(const Error& why) {
    connection_.close();
    pending_ = false;
    trouble_ = why;
    word_.reset();
    changed_();
  }

  const Endpoint& server_;
  Endpoint endpoint_;
  std::function<void()> changed_;
  CommandConnection connection_;
  ServerFacts facts_;
  std::vector<Reply> answers_;
  bool pending_ = false;  // it is being connected to, or asked
  TimeMs since_ = 0;      // of that, or of the last failure
  std::optional<Error> trouble_;
  std::optional<PrimaryAddress> word_;
  TimeMs said_at_ = 0;
};

}  // namespace

struct SentinelWatch::Parts : std::enable_shared_from_this<Parts> {
  Parts(EventLoop& l, Endpoint e, Moved m) : loop(l), server(std::move(e)), moved(std::move(m)) {}

  EventLoop& loop;
  Endpoint server;
  Moved moved;
  std::vector<std::unique_ptr<Sentinel>> sentinels;
  Found found;
  Unknown unknown;
  TimeMs asked_at = 0;
  std::optional<Address> told;  // what is in use
  bool looking = false, stopped = false, decision_posted = false;

  void locate(Found when_found, Unknown when_unknown) {
    if (!server.has_sentinels()) return when_found(server);
    found = std::move(when_found);
    unknown = std::move(when_unknown);
    asked_at = EventLoop::now_ms();
    told.reset();
    stopped = false;
    if (sentinels.empty()) {
      for (std::size_t i = 0; i < server.sentinels.addresses.size(); ++i) {
        sentinels.push_back(std::make_unique<Sentinel>(loop, server, i, [this] { decide_soon(); }));
      }
    }
    for (const auto& sentinel : sentinels) sentinel->ask(asked_at, true);
    loop.after(std::chrono::milliseconds(kOtherWords_ms + 10),
               [self = shared_from_this()] { self->decide(); });
    if (!std::exchange(looking, true)) look();
  }

  void look() {
    loop.after(kLookInterval, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->stopped) {
        if (self) self->looking = false;
        return;
      }
      for (const auto& sentinel : self->sentinels) sentinel->ask(EventLoop::now_ms(), false);
      self->decide();
      self->look();
    });
  }

  // Not from within a Sentinel's own call: what is decided may end it.
  void decide_soon() {
    if (std::exchange(decision_posted, true)) return;
    loop.post([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->decision_posted = false;
      self->decide();
    });
  }

  // Of those that differ within an epoch the one in use.
  const PrimaryAddress* best(TimeMs now) const {
    const PrimaryAddress* newest = nullptr;
    for (const auto& sentinel : sentinels) {
      const auto* word = sentinel->word(now);
      if (word == nullptr) continue;
      const bool in_use = newest && word->epoch == newest->epoch && told && word->address == *told;
      if (newest == nullptr || word->epoch > newest->epoch || in_use) newest = word;
    }
    return newest;
  }

  void decide() {
    if (stopped) return;
    const auto now = EventLoop::now_ms();
    const auto* primary = best(now);
    const bool waited_for = std::ranges::any_of(sentinels, [](const auto& one) { return one->pending(); });
    const auto waited = now - asked_at;
    if (found && primary != nullptr && (!waited_for || waited >= kOtherWords_ms)) {
      told = primary->address;
      unknown = nullptr;
      return std::exchange(found, nullptr)(at_address(server, *told));
    }
    if (found && primary == nullptr && (!waited_for || waited >= kGiveUp_ms)) {
      std::vector<Error> troubles;
      for (const auto& sentinel : sentinels) {
        if (sentinel->trouble()) troubles.push_back(*sentinel->trouble());
      }
      found = nullptr;
      return std::exchange(unknown, nullptr)(explain_unknown_primary(server, troubles));
    }
    if (told && primary != nullptr && primary->address != *told) {
      told.reset();
      moved(at_address(server, primary->address));
    }
  }

  void stop() {
    stopped = true;
    found = nullptr;
    unknown = nullptr;
    told.reset();
    for (const auto& sentinel : sentinels) sentinel->stop();
  }
};

SentinelWatch::SentinelWatch(EventLoop& loop, Endpoint server, Moved moved)
    : parts_(std::make_shared<Parts>(loop, std::move(server), std::move(moved))) {}

SentinelWatch::~SentinelWatch() { parts_->stop(); }

void SentinelWatch::locate(Found found, Unknown unknown) {
  parts_->locate(std::move(found), std::move(unknown));
}

void SentinelWatch::stop() { parts_->stop(); }

}  // namespace tributary::redis
