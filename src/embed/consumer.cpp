#include "tributary/consumer.hpp"

#include <utility>

#include "core/base/check.hpp"
#include "embed/consumer_options.hpp"
#include "embed/node_run.hpp"
#include "embed/relay_settings.hpp"

namespace tributary {
namespace {

constexpr char kEmbedded[] = "embedded";  // what the log says of a processor that is part of the program

LogLevel log_level(group::Report::Level level) {
  switch (level) {
    case group::Report::Level::debug:
      return LogLevel::debug;
    case group::Report::Level::info:
      return LogLevel::info;
    case group::Report::Level::warning:
      return LogLevel::warning;
    case group::Report::Level::error:
      return LogLevel::error;
  }
  return LogLevel::error;
}

class Observer final : public embed::NodeObserver {
 public:
  Observer(const ConsumerSettings& settings, redis::EventLoop& loop, std::function<void()> look)
      : log_(settings.log), loop_(loop), look_(std::move(look)) {}

  void on_report(const group::Report& report) override {
    if (log_) log_(log_level(report.level), report.text);
  }
  void on_stage() override { look_(); }
  void on_ended() override { loop_.stop(); }

 private:
  const std::function<void(LogLevel, std::string_view)>& log_;
  redis::EventLoop& loop_;
  std::function<void()> look_;
};

Result<ProcessorFactory> factory_of(const ConsumerSettings& settings, const ProcessorFactory& given,
                                    embed::NodeOptions& options) {
  if (given) {
    options.processor = kEmbedded;
    return given;
  }
  // A copy: threads that are left behind may outlive the settings.
  return embed::make_processors(options, [log = settings.log](Event, const std::string& line) {
    if (log) log(LogLevel::info, line);
  });
}

}  // namespace

Consumer::Consumer(ConsumerSettings settings, ProcessorFactory processors)
    : settings_(std::move(settings)), processors_(std::move(processors)) {}
Consumer::~Consumer() = default;

std::optional<Error> Consumer::run() {
  auto options = embed::node_options(settings_);
  if (!options) return options.error();
  auto factory = factory_of(settings_, processors_, *options);
  if (!factory) return factory.error();
  auto relay = embed::relay_settings(*options, std::move(*factory), embed::member_of);
  if (!relay) return relay.error();
  if (wish_ != Wish::none) return std::nullopt;

  redis::EventLoop loop;
  embed::NodeRun* node = nullptr;
  Wish heard = Wish::none;
  Observer observer(settings_, loop, [&] {
    const Wish wish = wish_;
    if (wish == std::exchange(heard, wish)) return;
    if (wish == Wish::leave) node->leave();
    if (wish == Wish::leave_now) node->leave_now();
  });
  embed::NodeRun run(loop, *options, std::move(*relay), observer);
  node = &run;
  run.start();
  loop.run();
  threads_left_ = !run.end();
  return run.error();
}

// Seen by run() within 50 ms: a mark is all that a signal handler may safely leave.
void Consumer::stop() noexcept {
  static_assert(decltype(wish_)::is_always_lock_free);
  auto none = Wish::none;
  wish_.compare_exchange_strong(none, Wish::leave);  // stop_now() stays
}

void Consumer::stop_now() noexcept { wish_ = Wish::leave_now; }

}  // namespace tributary
