#include "redis/event_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>

namespace tributary::redis {

namespace asio = boost::asio;

struct EventLoop::Parts {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running{context.get_executor()};
  asio::signal_set signals{context};
};

namespace {

void wait_for_signal(asio::signal_set& signals, std::function<void(int)> handler) {
  signals.async_wait([&signals, handler = std::move(handler)](boost::system::error_code error, int number) {
    if (error) return;
    handler(number);
    wait_for_signal(signals, handler);
  });
}

void wait_for_round(const std::shared_ptr<asio::steady_timer>& timer, std::chrono::milliseconds interval,
                    std::function<void()> work) {
  timer->expires_after(interval);
  timer->async_wait([timer, interval, work = std::move(work)](boost::system::error_code error) {
    if (error) return;
    work();
    wait_for_round(timer, interval, work);
  });
}

// As nohup makes it, for one.
bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

EventLoop::EventLoop() : parts_(std::make_unique<Parts>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() { parts_->context.run(); }
void EventLoop::stop() { parts_->context.stop(); }
void EventLoop::post(std::function<void()> work) { asio::post(parts_->context, std::move(work)); }

void EventLoop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(parts_->context, delay);
  timer->async_wait([timer, work = std::move(work)](boost::system::error_code error) {
    if (!error) work();
  });
}

void EventLoop::every(std::chrono::milliseconds interval, std::function<void()> work) {
  wait_for_round(std::make_shared<asio::steady_timer>(parts_->context), interval, std::move(work));
}

void EventLoop::on_signal(std::function<void(int)> handler) {
  for (const int signal : {SIGINT, SIGTERM}) parts_->signals.add(signal);
  for (const int signal : {SIGHUP, SIGQUIT}) {
    if (!is_ignored(signal)) parts_->signals.add(signal);
  }
  wait_for_signal(parts_->signals, std::move(handler));
}

asio::io_context& EventLoop::context() { return parts_->context; }

TimeMs EventLoop::now_ms() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

}  // namespace tributary::redis
